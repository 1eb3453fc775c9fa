"""How many predictions pay for a start: of a class with few sessions hardly other than of the class above."""

import numpy as np
import pytest

from collector.contract.device_class import ROOT, DeviceClass, leaf, parse
from collector.jobs.recommend.arms import Visit
from collector.jobs.recommend.counting.session_lengths import median_of_weighted
from collector.jobs.recommend.counting.votes import Votes
from collector.jobs.recommend.session_days import SessionDays
from collector.jobs.recommend.settings import RecommendSettings
from tests.unit.recommend.visits import EVERYTHING, LINUX, arm

SETTINGS = RecommendSettings()
PHONE = leaf(dict(LINUX.facts) | {"form": "mobile", "os": "android", "gpu": "adreno-6"})
RARE = leaf(dict(LINUX.facts) | {"form": "mobile", "os": "android", "gpu": "mali-g7"})


def sessions(device: DeviceClass, lengths: list[float], backend: str = "webgl") -> list[Visit]:
    return [
        Visit(
            device=device,
            arm=arm(backend),
            predictions=max(1, round(length)),
            errors=0,
            ready_ms=10.0,
            start_ms=100.0,
            incidents=frozenset(),
            capable=EVERYTHING,
            release="",
        )
        for length in lengths
    ]


def lengths(seed: int, count: int, usual: float, sd: float = 1.2) -> list[float]:
    return (usual * np.random.default_rng([seed, count]).lognormal(0, sd, count)).tolist()


def votes(*groups: list[Visit], **fields: object) -> Votes:
    days = SessionDays.of(visit for group in groups for visit in group)
    return Votes(days, SETTINGS, **fields)  # type: ignore[arg-type]


def test_phones_with_many_sessions_have_lengths_of_their_own() -> None:
    known = votes(sessions(LINUX, lengths(1, 300, 1000)), sessions(PHONE, lengths(2, 300, 20)))
    assert known.usual_predictions(PHONE) == pytest.approx(20, rel=0.4)
    assert known.usual_predictions(LINUX) == pytest.approx(1000, rel=0.4)


def test_a_class_with_five_sessions_does_not_swing() -> None:
    crowd = [sessions(PHONE, lengths(2, 300, 20)), sessions(LINUX, lengths(1, 300, 1000))]
    android = parse("form=mobile,os=android")
    for five in ([1.0] * 5, [100_000.0] * 5):
        known = votes(*crowd, sessions(RARE, five))
        swing = known.usual_predictions(RARE) / known.usual_predictions(android)
        raw = five[0] / known.usual_predictions(android)
        assert abs(np.log(swing)) == pytest.approx(abs(np.log(raw)) / 5, rel=0.3), "5 of 5 + 20 sessions"


def test_a_class_speaks_for_itself_with_many_sessions() -> None:
    few, many = (
        votes(sessions(PHONE, lengths(2, 300, 20)), sessions(RARE, [500.0] * count)) for count in (5, 500)
    )
    assert few.usual_predictions(RARE) < 60
    assert many.usual_predictions(RARE) == pytest.approx(500, rel=0.15)


@pytest.mark.parametrize("lie", [1.0, 1e6])
def test_a_tenth_of_lying_sessions_moves_a_length_little(lie: float) -> None:
    honest = lengths(3, 180, 100)
    known = votes(sessions(PHONE, [*honest, *[lie] * 20])).usual_predictions(PHONE)
    assert 1 / 1.4 < known / 100 < 1.4


def test_a_sampled_cell_stands_for_all_of_its_sessions() -> None:
    """The default ran a thousand times as often as what is tried, and is read only in part."""
    usual, tried = sessions(LINUX, [100.0] * 50), sessions(LINUX, [2.0] * 60, "wasm-simd")
    assert votes(usual, tried).usual_predictions(LINUX) == pytest.approx(2)
    totals = {(LINUX, arm("webgl")): 60_000, (LINUX, arm("wasm-simd")): 60}
    assert votes(usual, tried, totals=totals).usual_predictions(LINUX) == pytest.approx(100)


def test_without_a_vote_a_session_has_one_prediction() -> None:
    assert votes().usual_predictions(parse(ROOT)) == 1


def test_shrunken_lengths_are_nearer_to_the_truth_than_medians_and_than_one_for_all() -> None:
    """60 fleets of 12 kinds of phone, 3 to 400 sessions each; log-sd 1.2 in each and 0.35 between them."""
    errors: dict[str, list[float]] = {"own median": [], "one for all": [], "shrunk": []}
    for seed in range(60):
        random = np.random.default_rng(seed)
        devices = [leaf(dict(PHONE.facts) | {"gpu": f"adreno-{n}"}) for n in range(12)]
        truth = 40 * random.lognormal(0, 0.35, 12)
        counts = np.round(np.exp(random.uniform(np.log(3), np.log(400), 12))).astype(int)
        made = [
            (usual * random.lognormal(0, 1.2, count)).tolist()
            for usual, count in zip(truth, counts, strict=True)
        ]
        known = votes(*(sessions(device, each) for device, each in zip(devices, made, strict=True)))
        whole = known.usual_predictions(parse("form=mobile,os=android"))
        for device, usual, each in zip(devices, truth, made, strict=True):
            for way, guess in (
                ("own median", np.median(np.maximum(1, np.round(each)))),
                ("one for all", whole),
                ("shrunk", known.usual_predictions(device)),
            ):
                errors[way].append(float(np.log(guess / usual)) ** 2)
    spread = {way: float(np.sqrt(np.mean(each))) for way, each in errors.items()}
    print({way: f"{error:.2f}" for way, error in spread.items()})
    assert spread["shrunk"] < 0.85 * spread["one for all"]
    assert spread["shrunk"] < 0.85 * spread["own median"]


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], 2.0),
        ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0], 2.5),
        ([1.0, 2.0], [1.0, 3.0], 2.0),
        ([1.0, 2.0, 3.0], [0.1] * 3, 2.0),
        ([7.0], [0.3], 7.0),
        ([1.0, 2.0], [0.7, 0.7], 1.5),
    ],
)
def test_a_weighted_median(values: list[float], weights: list[float], expected: float) -> None:
    assert median_of_weighted(np.array(values), np.array(weights)) == expected
