import json

import pytest
from pydantic import ValidationError

from collector.contract.config_document import ConfigDocument, ModelPlan
from collector.contract.report import Incident, Window

PLAN = {"arms": [{"backend": "wasm-simd-threads", "probability": 1}]}
DOCUMENT = {"app": "demo", "version": 1, "device_class": "*", "issued_at": 1, "expires_at": 2}


def test_a_plan_of_before_wasm_threads_and_canaries_is_still_read():
    plan = ModelPlan.model_validate_json(json.dumps(PLAN))
    assert plan.wasm_threads is None
    assert plan.canary is None
    assert ConfigDocument.model_validate_json(json.dumps(DOCUMENT)).wasm_paths is None


def test_arms_may_name_the_hash_of_what_their_url_holds():
    hashed = {"backend": "cpu", "url": "/f16.json", "integrity": f"sha256-{'A' * 43}="}
    race = {"share": 0.1, "arms": [hashed, {"backend": "webgl"}]}
    given = {"arms": [{**hashed, "probability": 1}], "race": race}
    plan = ModelPlan.model_validate_json(json.dumps(given))
    assert plan.arms[0].integrity == hashed["integrity"]
    assert plan.race is not None
    assert [arm.integrity for arm in plan.race.arms] == [hashed["integrity"], None]


@pytest.mark.parametrize(
    "integrity", ["", "sha384-" + "A" * 64, "sha256-" + "A" * 42 + "=", "sha256-" + "-" * 43 + "="]
)
def test_a_hash_of_another_form_is_refused(integrity: str):
    arm = {"backend": "cpu", "probability": 1, "url": "/f16.json", "integrity": integrity}
    with pytest.raises(ValidationError):
        ModelPlan.model_validate_json(json.dumps({"arms": [arm]}))


def test_a_plan_carries_threads_and_a_reference_output():
    given = {**PLAN, "wasm_threads": 4, "canary": {"values": [0.25, -1], "tolerance": 0.01}}
    plan = ModelPlan.model_validate_json(json.dumps(given))
    assert plan.wasm_threads == 4
    assert plan.canary is not None
    assert plan.canary.values == [0.25, -1.0]


@pytest.mark.parametrize(
    "change",
    [
        '"wasm_threads": 0',
        '"wasm_threads": 65',
        '"canary": {"values": [], "tolerance": 0}',
        '"canary": {"values": [' + ",".join(["0"] * 257) + '], "tolerance": 0}',
        '"canary": {"values": [NaN], "tolerance": 0}',
        '"canary": {"values": [1], "tolerance": -1}',
        '"canary": {"values": [1], "tolerance": Infinity}',
        '"canary": {"values": [1]}',
    ],
    ids=lambda text: text[:50],
)
def test_threads_and_canaries_out_of_bounds_are_refused(change):
    with pytest.raises(ValidationError):
        ModelPlan.model_validate_json(json.dumps(PLAN)[:-1] + f", {change}}}")


RACE = {
    "share": 0.25,
    "arms": [{"backend": "webgl"}, {"backend": "webgl", "variant": "float16", "url": "/f16"}],
}


def test_a_plan_carries_a_race_and_one_of_before_has_none():
    assert ModelPlan.model_validate_json(json.dumps(PLAN)).race is None
    race = ModelPlan.model_validate_json(json.dumps({**PLAN, "race": RACE})).race
    assert race is not None
    assert (race.share, race.budget_ms) == (0.25, 1500)
    assert [(arm.backend, arm.variant, arm.url) for arm in race.arms] == [
        ("webgl", "original", None),
        ("webgl", "float16", "/f16"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"share": -0.1},
        {"share": 1.1},
        {"budget_ms": -1},
        {"budget_ms": 60_001},
        {"budget_ms": 0.5},
        {"arms": [{"backend": "webgl"}]},
        {"arms": [{"backend": "webgl"}, {"backend": "webgl", "url": "/other"}]},
        {"arms": [{"backend": "webgl", "variant": f"v{n}"} for n in range(9)]},
        {"arms": [{"backend": "webgl"}, {"backend": "cuda"}]},
        {"arms": [{"backend": "webgl"}, {"backend": "cpu", "url": "javascript:alert(1)"}]},
    ],
    ids=lambda change: json.dumps(change)[:50],
)
def test_a_race_out_of_bounds_is_refused(change):
    with pytest.raises(ValidationError):
        ModelPlan.model_validate_json(json.dumps({**PLAN, "race": {**RACE, **change}}))


@pytest.mark.parametrize("url", ["https://cdn.example/tfjs-wasm/", "/wasm/", "./wasm/"])
def test_wasm_files_are_at_a_url_that_a_page_can_load(url):
    document = ConfigDocument.model_validate_json(json.dumps({**DOCUMENT, "wasm_paths": url}))
    assert document.wasm_paths == url


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:application/wasm;base64,", "wasm/", "/a b"])
def test_wasm_files_are_nowhere_else(url):
    with pytest.raises(ValidationError):
        ConfigDocument.model_validate_json(json.dumps({**DOCUMENT, "wasm_paths": url}))


@pytest.mark.parametrize("engine", ["litert", "mediapipe", "transformers_js"])
def test_a_window_may_be_of_any_known_engine_and_on_webnn(engine):
    window = {
        "model": "m", "backend": "webnn", "engine": engine, "started_at": 1, "duration_ms": 1, "count": 1
    }  # fmt: skip
    assert Window.model_validate_json(json.dumps(window)).engine == engine


def test_a_gpu_backend_that_is_software_is_an_incident():
    incident = {"model": "m", "backend": "webgl", "kind": "software_backend", "at": 1}
    assert Incident.model_validate_json(json.dumps(incident)).kind == "software_backend"
