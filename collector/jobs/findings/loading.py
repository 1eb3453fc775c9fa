"""Reads findings from the store."""

from collections.abc import Collection

from collector.contract.finding import Finding, FindingKind
from collector.jobs.findings.rows import from_row
from collector.store.lending import Tables


def load_findings(
    store: Tables, *, app: str | None = None, kinds: Collection[FindingKind] | None = None
) -> list[Finding]:
    """The newest state of every finding, of one app or of all.

    Args:
        store: where findings are.
        app: one app, or None for all.
        kinds: those that the caller is in charge of, or None for all. A kind that this version does not
            know, which a newer one has written, is left alone.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    wanted = {kind.value for kind in (FindingKind if kinds is None else kinds)}
    rows = store.query("findings_newest", app=app or "")
    return [from_row(row) for row in rows if row["kind"] in wanted]
