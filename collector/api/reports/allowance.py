"""How much a key and a source may report: budgets over the requests that have a key."""

import math

from starlette.types import Scope

from collector.api.reports.source import Sources
from collector.contract.reasons import Reason
from collector.ingest.budget import Budgets
from collector.ingest.refusal import Refused
from collector.ingest.settings import LimitSettings

MOST_KEYS = 10_000


class Allowance:
    """The budgets of one process, for the event loop."""

    def __init__(self, limits: LimitSettings) -> None:
        self._sources = Sources(limits.forwarded_hops)
        self.of_keys = Budgets(limits.key_reports_per_second, limits.key_burst, kept=MOST_KEYS)
        self.of_sources = Budgets(
            limits.source_reports_per_second, limits.source_burst, kept=limits.sources_kept
        )

    def take(self, key: bytes, scope: Scope) -> None:
        """Takes one report from the source's budget and then from the key's.

        Raises:
            Refused: too_many_requests, with the seconds until there is one again.
        """
        source = self._sources.name(scope)
        # The source first: what one address has too much of must not be taken from everybody's.
        if source is not None and (wait := self.of_sources.take(source)):
            raise _refusal("This address", wait)
        if wait := self.of_keys.take(key):
            raise _refusal("This write key", wait)


def _refusal(who: str, wait: float) -> Refused:
    return Refused(
        Reason.TOO_MANY_REQUESTS,
        f"{who} is over its budget: wait for Retry-After seconds, then send the same batch_id again.",
        retry_after=max(1, math.ceil(wait)),
    )
