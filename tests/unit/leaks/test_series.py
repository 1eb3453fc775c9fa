from collections.abc import Iterable

import numpy as np
import pytest

from collector.contract.finding import FindingKind
from collector.jobs.leaks import joining
from collector.jobs.leaks.growth import measure_growth
from collector.jobs.leaks.joining import join_points
from collector.jobs.leaks.series import Joined, Values


def join(*points: tuple[int, ...]) -> Joined:
    """What a point leaves out at its end is not told."""
    return join_loads(*((point[0], 1, *point[1:]) for point in points))


def join_loads(*points: tuple[int, ...]) -> Joined:
    (joined,) = join_points(table(points), [len(points)])
    return joined


def table(points: Iterable[tuple[int, ...]]) -> Values:
    whole = [(*point, *[-1] * (7 - len(point))) for point in points]
    return np.array(whole, dtype=np.int64).reshape(-1, 7)


def test_windows_of_one_prediction_join_in_the_order_of_predictions() -> None:
    series = join((2, 12, 120, 1200), (0, 10, 100, 1000), (1, 11, 110, 1100))
    assert series.predictions.tolist() == [0, 1, 2]
    assert series.signals[FindingKind.TENSOR_LEAK].tolist() == [10, 11, 12]
    assert series.signals[FindingKind.BYTES_LEAK].tolist() == [100, 110, 120]
    assert series.signals[FindingKind.GPU_BYTES_LEAK].tolist() == [1000, 1100, 1200]


def test_a_count_seen_twice_keeps_its_smaller_value() -> None:
    series = join((0, 10, 100, -1), (5, 30, 90, -1), (5, 20, 110, -1))
    assert series.predictions.tolist() == [0, 5]
    assert series.signals[FindingKind.TENSOR_LEAK].tolist() == [10, 20]
    assert series.signals[FindingKind.BYTES_LEAK].tolist() == [100, 90]


def test_a_backend_without_gpu_bytes_has_no_such_signal() -> None:
    assert FindingKind.GPU_BYTES_LEAK not in join((0, 10, 100, -1), (1, 10, 100, 7)).signals


def test_allocated_bytes_and_the_heap_are_signals_where_they_are_told() -> None:
    on_gpu = join((0, 4, 100, 1120, 2000), (1, 4, 100, 1120, 3000)).signals
    assert on_gpu[FindingKind.GPU_ALLOCATED_LEAK].tolist() == [2000, 3000]
    assert FindingKind.HEAP_LEAK not in on_gpu
    on_wasm = join((0, 4, 100, -1, -1, 16), (1, 4, 100, -1, -1, 20)).signals
    assert on_wasm[FindingKind.HEAP_LEAK].tolist() == [16, 20]
    assert {FindingKind.GPU_BYTES_LEAK, FindingKind.GPU_ALLOCATED_LEAK}.isdisjoint(on_wasm)


def test_the_inside_of_a_run_without_change_is_put_back() -> None:
    """The SDK sends the two ends of a run only."""
    series = join((0, 300, 100, -1), (5, 180, 90, -1), (65, 180, 90, -1), (70, 200, 90, -1))
    tensors = series.signals[FindingKind.TENSOR_LEAK]
    assert series.predictions.tolist() == [0, *range(5, 70, 5), 70]
    assert tensors.tolist() == [300, *[180] * 13, 200]


def test_a_page_that_holds_its_memory_votes_although_its_windows_have_two_points() -> None:
    series = join((0, 180, 90, -1), (1799, 180, 90, -1))
    growth = measure_growth(
        series.predictions,
        series.signals[FindingKind.TENSOR_LEAK],
        warmup=5,
        min_span=20,
    )
    assert growth is not None
    assert growth.slope == 0


def test_no_points_are_an_empty_series() -> None:
    assert join().predictions.tolist() == []


def test_each_point_says_which_load_made_it_when_there_were_several() -> None:
    """Windows come in any order, and what a window leaves out in its middle was its own load's."""
    series = join_loads((30, 2, 8, 80), (33, 2, 8, 80), (0, 1, 4, 40), (12, 1, 4, 40))
    assert series.loads is not None
    assert series.predictions.tolist() == [*range(13), *range(30, 34)]
    assert series.loads.tolist() == [1] * 13 + [2] * 4
    assert join((0, 4, 40), (1, 4, 40)).loads is None


@pytest.mark.parametrize("at_one_time", [1, 7, 20_000])
def test_sessions_that_are_joined_together_do_not_meet(
    at_one_time: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of one session is level with the start of the next; one has no points; batches end anywhere."""
    monkeypatch.setattr(joining, "AT_ONE_TIME", at_one_time)
    sessions = [
        [(40, 1, 9), (0, 1, 9)],
        [],
        [(40, 1, 9), (41, 1, 12), (80, 2, 12)],
        [(80, 2, 12), (90, 2, 12), (90, 2, 11)],
    ]
    together = list(
        join_points(table(point for one in sessions for point in one), [len(one) for one in sessions])
    )
    for session, joined in zip(sessions, together, strict=True):
        alone = join_loads(*session)
        assert joined.predictions.tolist() == alone.predictions.tolist()
        assert {kind: values.tolist() for kind, values in joined.signals.items()} == {
            kind: values.tolist() for kind, values in alone.signals.items()
        }
        assert (joined.loads is None) == (alone.loads is None)
    assert together[2].predictions.tolist()[-1] == 80
    assert together[3].predictions.tolist()[0] == 80
