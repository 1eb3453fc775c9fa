import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.contract.vocabulary import Backend
from collector.jobs.recommend.arms import ArmKey
from collector.jobs.recommend.believing.shrinkage import best_probabilities
from collector.jobs.recommend.lessons import Normal
from collector.jobs.recommend.settings import RecommendSettings
from collector.jobs.recommend.trying.candidates import weigh_candidates
from collector.jobs.recommend.trying.exploration import share_out
from collector.jobs.recommend.trying.propensities import split_traffic

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
    st.dictionaries(st.sampled_from(ARMS), st.integers(0, 40)),
    st.one_of(st.none(), st.sampled_from(ARMS)),
    st.floats(0, 1e6),
    st.booleans(),
)
def test_what_is_tried_keeps_to_the_budget_and_a_split_adds_up_to_one(
    belief: dict[ArmKey, Normal],
    lacking: dict[ArmKey, int],
    default: ArmKey | None,
    daily: float,
    undecided: bool,
) -> None:
    chances = best_probabilities(belief)
    best = max(sorted(chances), key=lambda arm: chances[arm])
    settings = RecommendSettings()
    candidates = weigh_candidates(lacking, best, belief, settings)
    tried = share_out(candidates, chances if undecided else {}, daily, settings)
    loss = {each.arm: max(0.0, each.ratio - 1) for each in candidates}
    few = min(settings.first_budget, settings.budget_sessions / max(daily, 1.0))
    assert sum(share * loss[arm] for arm, share in tried.items()) <= max(settings.regret_budget, few) + 1e-9
    assert best not in tried
    for arm, share in tried.items():
        assert lacking[arm] == 0 or share <= settings.last_step
        # A fleet of many sessions a day gives a new arm what it needs, and no more.
        needs = max(lacking[arm], settings.min_sessions)
        assert lacking[arm] == 0 or share * max(daily, 1.0) <= needs / settings.learn_days + 1e-9
    lacks = {arm for arm, lack in lacking.items() if lack}
    split = split_traffic(best, tried, lacks, default, settings)
    assert sum(round(share.probability * 10_000) for share in split) == 10_000
    assert sum(share.why == "recommended" for share in split) == 1
    assert {ArmKey(share.backend, share.variant) for share in split} <= {best, default, *tried}


def test_a_small_fleet_tries_more_than_a_large_one() -> None:
    candidates = weigh_candidates(dict.fromkeys(ARMS[1:4], 20), ARMS[0], {}, RecommendSettings())
    shares = [sum(share_out(candidates, {}, daily, RecommendSettings()).values()) for daily in (10, 1e3, 1e6)]
    assert shares[0] > 0.2
    assert shares[0] > 5 * shares[1] > 50 * shares[2] > 0


@pytest.mark.parametrize("daily", [200, 1e4, 1e6])
def test_an_arm_has_its_sessions_within_the_days_that_it_is_to_be_learnt_in(daily: float) -> None:
    settings, runs_a_day, had = RecommendSettings(), 96, 0.0
    belief = {ARMS[0]: Normal(0.0, 0.01), ARMS[1]: Normal(-0.6, 0.01)}
    for _ in range(int(1.5 * settings.learn_days * runs_a_day)):
        lacks = {ARMS[1]: max(0, math.ceil(settings.min_sessions - had))}
        if not lacks[ARMS[1]]:
            break
        candidates = weigh_candidates(lacks, ARMS[0], belief, settings, had={ARMS[1]: had})
        had += share_out(candidates, {}, daily, settings)[ARMS[1]] * daily / runs_a_day
    assert had >= settings.min_sessions


def test_nobody_gets_an_arm_that_is_believed_to_be_three_times_worse() -> None:
    belief = {ARMS[0]: Normal(0.0, 0.01), ARMS[1]: Normal(1.5, 0.01), ARMS[2]: Normal(0.9, 0.01)}
    candidates = weigh_candidates({ARMS[1]: 5, ARMS[2]: 0}, ARMS[0], belief, RecommendSettings())
    assert [each.arm for each in candidates] == [ARMS[2]]


def test_an_arm_that_proves_itself_gets_more_with_every_few_sessions() -> None:
    belief = {ARMS[0]: Normal(0.0, 0.01), ARMS[1]: Normal(-0.5, 0.04)}
    shares = [
        share_out(
            weigh_candidates({ARMS[1]: lacks}, ARMS[0], belief, RecommendSettings(), had={ARMS[1]: had}),
            {},
            10,
            RecommendSettings(),
        )[ARMS[1]]
        for had, lacks in ((0, 20), (3, 17), (6, 20), (19, 1))
    ]
    # Sessions of other classes count. At last half of the chance that it is better.
    assert shares == pytest.approx([0.1, 0.2, 0.3, 0.494], abs=1e-3)


def test_without_exploration_and_holdback_a_committed_arm_gets_everyone() -> None:
    settings = RecommendSettings(exploration=0.0, holdback=0.0)
    candidates = weigh_candidates(dict.fromkeys(ARMS[1:], 5), ARMS[0], {}, settings)
    split = split_traffic(ARMS[0], share_out(candidates, {}, 10, settings), set(ARMS[1:]), ARMS[1], settings)
    assert [(share.backend, share.probability) for share in split] == [(ARMS[0].backend, 1.0)]
