import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.inputs import ArmKey
from collector.jobs.recommend.propensities import split_traffic
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.shrinkage import Normal, best_probabilities

ARMS = [ArmKey(backend, "original") for backend in Backend]
BELIEFS = st.dictionaries(
    st.sampled_from(ARMS),
    st.builds(Normal, st.floats(-5, 12), st.floats(1e-4, 4)),
    min_size=1,
)


@given(BELIEFS)
def test_chances_to_be_best_add_up(belief: dict[ArmKey, Normal]) -> None:
    chances = best_probabilities(belief)
    assert sum(chances.values()) == pytest.approx(1.0)
    assert all(0 <= chance <= 1 for chance in chances.values())


@pytest.mark.parametrize("gap", [0.0, 0.3, 1.0, 3.0])
def test_two_arms_chances_are_the_normal_distributions(gap: float) -> None:
    from scipy.stats import norm

    chances = best_probabilities({ARMS[0]: Normal(0.0, 0.09), ARMS[1]: Normal(gap, 0.16)})
    assert chances[ARMS[0]] == pytest.approx(norm.cdf(gap / 0.5), abs=1e-6)


@given(
    BELIEFS,
    st.sets(st.sampled_from(ARMS)),
    st.one_of(st.none(), st.sampled_from(ARMS)),
    st.floats(0, 0.05),
    st.floats(0, 0.2),
)
def test_a_split_adds_up_to_one_and_keeps_to_its_bounds(
    belief: dict[ArmKey, Normal],
    explored: set[ArmKey],
    default: ArmKey | None,
    exploration: float,
    holdback: float,
) -> None:
    chances = best_probabilities(belief)
    best = max(sorted(chances), key=lambda arm: chances[arm])
    settings = RecommendSettings(exploration=exploration, holdback=holdback)
    split = split_traffic(best, chances, sorted(explored - {best}), default, settings)
    assert sum(round(share.probability * 10_000) for share in split) == 10_000
    assert sum(share.why == "recommended" for share in split) == 1
    strangers = [
        share
        for share in split
        if ArmKey(share.backend, share.variant) not in {*belief, *([default] if default else [])}
    ]
    assert sum(share.probability for share in strangers) <= exploration + 1e-4


def test_without_exploration_and_holdback_a_committed_arm_gets_everyone() -> None:
    settings = RecommendSettings(exploration=0.0, holdback=0.0)
    split = split_traffic(ARMS[0], {ARMS[0]: 1.0}, ARMS[1:], ARMS[1], settings)
    assert [(share.backend, share.probability) for share in split] == [(ARMS[0].backend, 1.0)]
