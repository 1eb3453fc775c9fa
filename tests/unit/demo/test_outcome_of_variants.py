"""The demo's act of the variants is a success only when evidence chose one, and who came back got it."""

from dataclasses import replace

import pytest

from examples.demo.outcome import find_faults, summarise
from examples.demo.outcome_of_variants import find_variant_faults, summarise_variants
from examples.demo.scenario import Tried
from examples.demo.variants import Made, Variants
from examples.demo.visits import Visit
from tests.unit.demo.test_outcome import make_run, make_visit

WASM = "wasm-simd"


def visit(name: str, variant: str, source: str) -> Visit:
    return make_visit(name, WASM, source, 30.0, variant=variant)


def tried(**changes: object) -> Tried:
    made = [
        Made("original", 600, None, []),
        Made("float16", 350, 0.0, []),
        Made("uint8", 220, 0.58, ["agreement"]),
    ]
    well = Tried(
        variants=Variants(made, build_seconds=8.04, evaluate_seconds=20.0),
        racing=[visit("one", "float16", "race"), visit("two", "original", "config")],
        decision={"backend": WASM, "variant": "float16", "state": "committed"},
        chosen=[visit("again", "float16", "config")],
    )
    return replace(well, **changes)  # type: ignore[arg-type]


def faults_of(**changes: object) -> list[str]:
    return find_variant_faults(summarise_variants(tried(**changes)))


def test_an_act_where_all_held_has_no_fault() -> None:
    summary = summarise_variants(tried())
    assert find_variant_faults(summary) == []
    assert summary["made"]["uint8"] == {"bytes": 220, "relative_error": 0.58, "refused_by": ["agreement"]}
    assert (summary["bytes_saved"], summary["races"], summary["build_s"]) == (250, 1, 8.0)
    assert summary["ran"] == {"float16": 2, "original": 1}
    assert summary["second_visits"] == [{"backend": WASM, "variant": "float16", "source": "config"}]


def test_it_is_part_of_the_demo_s_line_and_of_its_faults() -> None:
    run = make_run()
    assert summarise(run)["variants"] is None
    with_act = replace(run, tried=tried(racing=[]))
    for each in with_act.visits:
        with_act.batches.setdefault(f"batch-{each.wish.name}", 3)
    assert find_faults(summarise(with_act)) == ["no visitor's page raced a variant against the original"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"decision": {"backend": WASM, "variant": "float16", "state": "exploring"}}, "is exploring, not"),
        (
            {"decision": {"backend": WASM, "variant": "original", "state": "committed"}},
            "no variant is recommended",
        ),
        (
            {"decision": {"backend": None, "variant": None, "state": "insufficient"}},
            "no variant is recommended",
        ),
        ({"chosen": [visit("again", "original", "fallback")]}, "but a second visit's was"),
        ({"chosen": [visit("again", "float16", "race")]}, "but a second visit's was"),
        ({"racing": [visit("one", "uint8", "race")]}, "uint8 was refused, and ran all the same"),
    ],
)
def test_what_does_not_hold_is_a_fault(changes: dict[str, object], fault: str) -> None:
    assert any(fault in each for each in faults_of(**changes)), faults_of(**changes)


def test_an_evaluation_that_refuses_nothing_or_a_variant_that_saves_nothing_is_a_fault() -> None:
    made = [Made("original", 600, None, []), Made("float16", 600, 0.0, [])]
    found = faults_of(variants=Variants(made, 1.0, 1.0))
    assert any("refused no variant" in each for each in found)
    assert any("not smaller than the original" in each for each in found)
