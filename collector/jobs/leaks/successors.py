"""Later releases that hold their memory: what they ended need not be told any more."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from collector.contract.finding import Cohort, FindingKind
from collector.jobs.leaks.assessment import Assessment, Key, Verdict
from collector.jobs.leaks.settings import LeakSettings
from collector.jobs.leaks.vote import Vote


class Successor(BaseModel):
    """How far later releases, all of whose cohorts that count are clean, have taken over from one."""

    model_config = ConfigDict(frozen=True)

    release: str = Field(description="The latest of them")
    leaking: int = Field(description="Its sessions that leak")
    sessions: int = Field(description="Its sessions that voted")
    share: float = Field(
        description="Share of the newest sessions, of this release and all later ones, that such releases had"
    )


def read_successors(
    assessments: Mapping[Key, Assessment],
    newest: Mapping[Key, Sequence[Vote]],
    release_order: Mapping[str, Sequence[str]],
    settings: LeakSettings,
) -> dict[Key, Successor]:
    """What later releases show that are clean, for each signal and cohort that leaks, or may.

    ``newest`` are the votes that cohorts were judged on; ``release_order`` gives each app's releases, the
    first seen first.
    """
    doubtful = (key for key, one in assessments.items() if one.verdict is not Verdict.CLEAN)
    found = {
        key: _read(key, assessments, newest, release_order.get(key[1].app, ()), settings) for key in doubtful
    }
    return {key: successor for key, successor in found.items() if successor is not None}


def _read(
    key: Key,
    assessments: Mapping[Key, Assessment],
    newest: Mapping[Key, Sequence[Vote]],
    releases: Sequence[str],
    settings: LeakSettings,
) -> Successor | None:
    kind, cohort = key
    if cohort.release not in releases:
        return None
    later = list(releases)[list(releases).index(cohort.release) + 1 :]
    cohorts = [cohort.model_copy(update={"release": release}) for release in later]
    keys = [one for other in cohorts if (one := _votes_of(kind, assessments[key].signal, other, assessments))]
    clean = [one for one in keys if assessments[one].verdict is Verdict.CLEAN]
    if not clean:
        return None
    votes = sorted((vote.last_at, one in clean) for one in (key, *keys) for vote in newest[one])
    votes = votes[-settings.judged_sessions :]
    last = assessments[clean[-1]]
    return Successor(
        release=clean[-1][1].release,
        leaking=last.leaking,
        sessions=last.sessions,
        share=round(sum(is_clean for _, is_clean in votes) / len(votes), 4),
    )


def _votes_of(
    kind: FindingKind, signal: FindingKind, cohort: Cohort, assessments: Mapping[Key, Assessment]
) -> Key | None:
    """Where a release's sessions voted. One that loads its model once has no votes on growth with loads."""
    return next(((one, cohort) for one in (kind, signal) if (one, cohort) in assessments), None)
