import pytest

from collector.contract.device_class import FACTS, LEVELS, ROOT, leaf, parse
from collector.contract.report import Device

LAPTOP = {
    "form": "desktop",
    "os": "linux",
    "browser": "chromium",
    "gpu": "swiftshader",
    "memory_gb": 8,
    "cores": 2,
}


def test_a_device_belongs_to_a_class_at_every_level():
    assert [cls.key for cls in leaf(LAPTOP).ancestors()] == [
        "form=desktop,os=linux,browser=chromium,gpu=swiftshader,memory_gb=8,cores=2",
        "form=desktop,os=linux,browser=chromium,gpu=swiftshader",
        "form=desktop,os=linux,browser=chromium",
        "form=desktop,os=linux",
        ROOT,
    ]


def test_levels_count_from_the_root():
    assert [cls.level for cls in leaf(LAPTOP).ancestors()] == [4, 3, 2, 1, 0]


def test_a_missing_fact_is_unknown():
    assert leaf({}).key == "form=other,os=other,browser=other,gpu=unknown,memory_gb=0,cores=0"


def test_a_key_is_read_back():
    for cls in leaf(LAPTOP).ancestors():
        assert parse(cls.key) == cls


@pytest.mark.parametrize("key", ["", "os=linux", "form=desktop", "form=desktop,os=linux,gpu=x", "nonsense"])
def test_what_is_not_a_class_is_refused(key):
    with pytest.raises(ValueError, match="not a device class"):
        parse(key)


def test_the_facts_are_fields_of_the_contract_in_query_order():
    assert list(FACTS) == sorted(FACTS)
    assert {fact for level in LEVELS for fact in level} <= set(Device.model_fields)
