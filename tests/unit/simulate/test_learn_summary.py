"""What ``make bench-learn`` says of several runs of one table."""

from benchmarks.learn_fleet import Played, decision_points
from benchmarks.learn_summary import summarize
from benchmarks.learn_tables import TABLES, cells_of, source_of
from collector.simulate import Outcome, Point


def played(wrong: list[int], wasted: float, first_right_at: float | None) -> Played:
    curve = [
        Point(
            sessions=20 * number,
            sessions_a_cell=20.0 * number,
            wrong=each,
            geo=1 + each / 10,
            worst=2.0,
            wasted=wasted,
            wasted_default=0.5,
            raced=wasted / 2,
            config_version=number,
        )
        for number, each in enumerate(wrong, 1)
    ]
    outcome = Outcome.model_construct(
        cells=3,
        races=7,
        curve=curve,
        first_right_at=first_right_at,
        wasted=wasted,
        wasted_default=0.5,
        raced=wasted / 2,
        seconds=10.0,
    )
    return Played(outcome, [1.0] * len(wrong))


RUNS = [
    played([3, 1, 0], 0.1, 60.0),
    played([3, 2, 1], 0.3, None),
    played([3, 0, 0], 0.2, 40.0),
]


def test_the_curve_has_medians_and_beside_them_the_worst_seed():
    found = summarize(RUNS, races=True)
    assert found["curve"] == [[20.0, 3, 1.3], [40.0, 1, 1.1], [60.0, 0, 1.0]]
    assert found["curve_worst"][1:] == [[40.0, 2, 1.2], [60.0, 1, 1.1]]
    assert (found["wasted"], found["wasted_worst"], found["wasted_by_races"]) == (0.2, 0.3, 0.1)
    assert (found["cells"], found["races"], found["decide_s"], found["play_s"]) == (3, 7, 1.0, 7.0)


def test_a_run_that_never_got_right_is_the_worst_of_all():
    found = summarize(RUNS, races=True)
    assert (found["first_right_at"], found["first_right_at_worst"]) == (60.0, None)
    assert summarize(RUNS[1:2], races=True)["first_right_at"] is None


def test_the_target_is_held_against_the_worst_seed():
    target = summarize(RUNS, races=True)["target"]
    assert (target["sessions_a_cell"], target["wrong"], target["geo"], target["wasted"]) == (
        60.0,
        1,
        1.1,
        0.3,
    )
    assert summarize(RUNS, races=False)["target"] is None  # the runs were too short


def test_decisions_are_frequent_at_first():
    assert decision_points(15, 60) == (*range(30, 301, 30), 450, 600, 750, 900)
    assert decision_points(2, 7) == (4, 8, 12)


def test_each_table_is_one_of_its_kind_and_says_where_it_is_from():
    tables = {name: cells_of(name) for name in TABLES}
    assert len(tables["tfjs"]) == 15
    assert "tfjs-backend-wasm/README.md" in source_of("tfjs")
    for name in tables.keys() - {"tfjs"}:
        assert source_of(name).startswith("made up: ")
    surprises = [cell.cost(cell.default, 40) / cell.cost(cell.best(40), 40) for cell in tables["surprise"]]
    assert sum(times > 9 for times in surprises) == 4
    assert {arm.backend.partition("-")[0] for cell in tables["wasm"] for arm in cell.arms} == {"wasm"}
    assert all(cell.default.backend == "wasm" != cell.best(40).backend for cell in tables["wasm"])
    fastest = [min(cell.arms, key=lambda arm: cell.arms[arm].ms) for cell in tables["warmup"]]
    assert sum(arm != cell.best(40) for arm, cell in zip(fastest, tables["warmup"], strict=True)) == 3
