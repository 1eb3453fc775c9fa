"""What many traced sessions come to."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from collector.contract.finding import Cohort, Finding, FindingKind, FindingState, Severity
from collector.contract.vocabulary import Backend
from collector.jobs.leaks.traces import MOST_SITES, UnknownFinding, _find, explain

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def finding(model: str = "face", kind: FindingKind = FindingKind.TENSOR_LEAK) -> Finding:
    return Finding(
        kind=kind,
        cohort=Cohort(app="shop", model=model, release="1.0.0", backend=Backend.WEBGL),
        state=FindingState.OPEN,
        severity=Severity.CRITICAL,
        opened_at=NOW,
        updated_at=NOW,
        summary=f"{model} leaks.",
        evidence={},
    )


def site(line: int = 1, *, count: int = 10, script: str = "0f" * 16, **changes: Any) -> dict[str, Any]:
    return {
        "predictions": 50,
        "count": count,
        "bytes": count * 12,
        "kinds": 1,
        "tensors": [{"shape": "1,3", "dtype": "float32", "count": count, "bytes": count * 12}],
        "frames": [{"script": script, "line": line, "column": 7}],
        **changes,
    }


def row(session: str, *sites: dict[str, Any], model: str = "face", loads: int = 0) -> dict[str, Any]:
    return {
        "session": session,
        "model": model,
        "predictions": 100,
        "loads": loads,
        "sites": json.dumps(sites),
    }


def test_loads_are_those_of_the_part_in_which_something_was_left_behind() -> None:
    """A load for each prediction: counted from the first prediction on, there is one fewer."""
    anew = row("a", site(count=150), loads=99)
    assert explain(finding(), [anew]).sites[0].loads == 50


def test_sessions_that_tell_of_one_line_add_up() -> None:
    explained = explain(
        finding(), [row("a", site(count=10), loads=4), row("b", site(count=30)), row("c"), row("d")]
    )
    assert (explained.traced, explained.growing) == (4, 2)
    [merged] = explained.sites
    assert (merged.sessions, merged.count, merged.bytes) == (2, 40, 480)
    assert (merged.predictions, merged.loads) == (100, 2)
    assert [(each.shape, each.count, each.bytes) for each in merged.tensors] == [("1,3", 40, 480)]
    assert merged.frames[0].line == 1


def test_what_most_sessions_tell_comes_first_whatever_one_of_them_claims() -> None:
    liar = site(9, count=1_000_000_000)
    explained = explain(finding(), [row("liar", liar), row("a", site(1)), row("b", site(1), site(2))])
    assert [each.frames[0].line for each in explained.sites] == [1, 9, 2]


def test_a_session_with_many_lines_is_cut() -> None:
    rows = [row(f"s{n}", *(site(1 + 8 * n + i) for i in range(8))) for n in range(5)]
    assert len(explain(finding(), rows).sites) == MOST_SITES


def test_traces_of_the_findings_own_model_are_shown_alone() -> None:
    explained = explain(finding(), [row("a", site(1)), row("a", site(2), model="hand")])
    assert [each.model for each in explained.sites] == ["face"]
    assert explained.traced == 1


def test_where_its_own_model_has_none_those_of_the_page_are_shown() -> None:
    explained = explain(finding(), [row("a"), row("a", site(2), model="hand"), row("b", model="hand")])
    assert [each.model for each in explained.sites] == ["hand"]
    assert (explained.traced, explained.growing) == (2, 1)


def test_a_cohort_without_traces_is_explained_all_the_same() -> None:
    explained = explain(finding(), [])
    assert (explained.traced, explained.growing, explained.sites) == (0, 0, [])
    assert explained.model_dump(mode="json")["finding"]["finding_id"] == finding().finding_id


def test_a_finding_is_found_by_its_first_digits() -> None:
    findings = [finding("face"), finding("hand"), finding("face", FindingKind.HEAP_LEAK)]
    for each in findings:
        assert _find(findings, each.finding_id) == each
        assert _find(findings, f" {each.finding_id[:6].upper()}") == each
    with pytest.raises(UnknownFinding, match="inferfleet leaks"):
        _find(findings, "zzzz")
    with pytest.raises(UnknownFinding, match="give more digits"):
        _find(findings, "")
    with pytest.raises(UnknownFinding, match="give more digits"):
        _find([findings[0]], findings[0].finding_id[:3])
