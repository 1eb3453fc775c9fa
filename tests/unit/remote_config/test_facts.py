from hypothesis import given
from hypothesis import strategies as st

from collector.contract.device_class import FACTS, leaf, parse
from collector.remote_config.facts import read_facts

UNKNOWN = leaf({})
GOOD = {
    "browser": "chromium",
    "cores": "4",
    "form": "desktop",
    "gpu": "intel-gen12",
    "memory_gb": "8",
    "os": "linux",
}


def test_facts_of_the_contract_name_their_class() -> None:
    assert read_facts(GOOD) == leaf(GOOD)


def test_missing_facts_are_unknown() -> None:
    assert read_facts({}) == UNKNOWN


@given(st.dictionaries(st.sampled_from([*FACTS, "extra"]), st.text(max_size=200)))
def test_any_query_string_names_a_class_of_the_contract(facts: dict[str, str]) -> None:
    device = read_facts(facts)
    assert parse(device.key) == device
    assert len(device.key) <= 160


def test_values_outside_the_vocabulary_are_unknown_one_by_one() -> None:
    garbage = {
        "browser": "Netscape",
        "cores": "3",
        "gpu": "ANGLE (Intel, Mesa)",
        "memory_gb": "-1",
        "form": "x" * 9999,
    }
    assert read_facts(garbage | {"os": "linux"}) == leaf({"os": "linux"})
    assert read_facts(GOOD | {"gpu": "a" * 100_000}) == leaf(GOOD | {"gpu": "unknown"})
