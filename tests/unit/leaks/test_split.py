import pytest

from collector.jobs.leaks import loading
from collector.jobs.leaks.loading import split_sessions


@pytest.mark.parametrize(
    ("points", "runs"),
    [
        ([], []),
        ([3], ["a"]),
        ([4, 6, 1], ["ab", "c"]),
        ([11, 2, 3], ["a", "bc"]),
        ([2, 11, 3], ["a", "b", "c"]),
        ([0, 0, 0, 0, 0], ["abcd", "e"]),
    ],
)
def test_sessions_are_loaded_in_runs_of_few_points(
    points: list[int], runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH_POINTS", 10)
    monkeypatch.setattr(loading, "BATCH_SESSIONS", 4)
    split = split_sessions("abcdefgh"[: len(points)], points)
    assert ["".join(run) for run in split] == runs
