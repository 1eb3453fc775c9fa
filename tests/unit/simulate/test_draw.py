"""The simulated fleet draws as the SDK does: by the vectors that both reproduce."""

import json
from pathlib import Path

import pytest

from collector.contract.config_document import Arm
from collector.simulate.draw import RACE, draw_arm, place, stable_hash

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "draw.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["hashes"], ids=lambda vector: vector["text"])
def test_a_text_falls_where_it_does_in_a_browser(vector):
    assert stable_hash(vector["text"]) == vector["at"]


@pytest.mark.parametrize("vector", VECTORS["draws"], ids=lambda vector: str(vector["at"]))
def test_a_place_falls_on_the_arm_that_it_does_in_a_browser(vector):
    arms = [Arm.model_validate(arm) for arm in vector["arms"]]
    assert draw_arm(arms, vector["at"]).backend == vector["backend"]


@pytest.mark.parametrize("vector", VECTORS["races"], ids=lambda vector: vector["install"])
def test_an_install_is_drawn_for_a_race_by_a_salt_of_its_own(vector):
    whose = vector["install"], vector["app"], vector["model"]
    assert place(*whose, RACE) == vector["at"] != place(*whose)


def test_an_install_has_a_place_of_its_own_for_each_app_and_model():
    assert place("i", "shop", "face") == stable_hash("i shop face")
    assert len({place("i", app, model) for app in "ab" for model in "cd"}) == 4


def test_a_plan_without_a_share_draws_nothing():
    assert draw_arm([Arm(backend="cpu", probability=0)], 0.5) is None
