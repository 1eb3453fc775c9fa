"""Models that run in step within each session are told apart over many of them."""

import numpy as np
import pytest

from collector.contract.finding import Finding, FindingKind
from collector.jobs.leaks.series import SessionSeries
from tests.unit.leaks.sessions import COHORT, NOW
from tests.unit.leaks.test_decide import judge


def model(name: str, page: str, predictions: int, kept: float) -> SessionSeries:
    """One model's series, of 40 points: at its end the page keeps so many tensors."""
    at = np.linspace(0, predictions, 40).astype(np.int64)
    tensors = 180 + np.linspace(0, kept, 40).astype(np.int64)
    cohort = COHORT.model_copy(update={"model": name})
    return SessionSeries(cohort, page, NOW, at, {FindingKind.TENSOR_LEAK: tensors})


def both(page: str, faces: int, hands: int, *, leak: float) -> list[SessionSeries]:
    """``hands`` leaks, the second by name; both see it."""
    return [model("face", page, faces, leak * hands), model("hands", page, hands, leak * hands)]


def blamed(findings: list[Finding]) -> list[tuple[str, list[str]]]:
    return [(finding.cohort.model, list(finding.evidence["attribution"])) for finding in findings]


@pytest.mark.parametrize("leak", [1.5, 0.3, 0.01])
def test_the_one_whose_pace_the_growth_keeps_to_is_blamed(leak: float) -> None:
    pages = [both(f"s{n}", 400 * (1 + n % 5), 900 + 10 * n, leak=leak) for n in range(20)]
    (finding,) = judge([series for page in pages for series in page])
    assert finding.cohort.model == "hands"
    assert "shared" not in finding.evidence["attribution"]


@pytest.mark.parametrize("leak", [1.5, 0.3])
def test_sessions_in_which_one_ran_alone_tell(leak: float) -> None:
    pages = [both(f"s{n}", 1000 + n, 1000 + n, leak=leak) for n in range(14)]
    clean = [[model("face", f"f{n}", 1000, 0)] for n in range(3)]
    assert blamed(judge([one for page in [*pages, *clean] for one in page])) == [("hands", ["sessions"])]
    leaking = [[model("hands", f"h{n}", 1000, 1000 * leak)] for n in range(3)]
    found = judge([one for page in [*pages, *leaking] for one in page])
    assert [finding.cohort.model for finding in found] == ["hands"]
    assert "shared" not in found[0].evidence["attribution"]


def test_models_always_in_step_are_said_to_be_so() -> None:
    pages = [both(f"s{n}", 1000 + n, 1000 + n, leak=1.5) for n in range(20)]
    (finding,) = judge([series for page in pages for series in page])
    assert blamed([finding]) == [("face", ["shared"])]
    assert "ran in step with hands, which may be the one that leaks" in finding.summary


def test_only_one_of_models_that_grow_together_is_accused() -> None:
    pages = [both(f"s{n}", 1000 + n, 1000 + n, leak=0.01) for n in range(20)]
    (finding,) = judge([series for page in pages for series in page])
    assert blamed([finding]) == [("face", ["shared"])]
