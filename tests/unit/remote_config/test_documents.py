import base64
import gzip
import json
import os
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector.contract.capability import Capability
from collector.contract.class_plan import ClassPlan, Plans
from collector.contract.config_document import Arm, ConfigDocument, ConfigEnvelope
from collector.contract.device_class import leaf
from collector.contract.vocabulary import Backend
from collector.remote_config.documents import SignedDocument, expiry, fit_document, make_document
from collector.remote_config.settings import ConfigSettings
from collector.remote_config.signing import InvalidSigningKey, Signer
from collector.remote_config.versions import Version, no_version

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
SEED = base64.b64encode(bytes(range(32))).decode()
LEAF = leaf(
    {"form": "desktop", "os": "linux", "browser": "chromium", "gpu": "apple", "memory_gb": 8, "cores": 4}
)


def plan(backend: str, url: str | None = None) -> ClassPlan:
    return ClassPlan(
        arms=[
            Arm(backend=Backend(backend), variant="float16" if url else "original", url=url, probability=1.0)
        ],
        fallbacks=[Backend.WASM, Backend.CPU],
    )


def version(plans: Plans, **fields: object) -> Version:
    return Version(
        **({"app": "demo", "number": 3, "created_at": NOW, "enabled": True, "sample_rate": 1.0} | fields),  # type: ignore[arg-type]
        plans=plans,
    )


def unpad(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def document_of(body: bytes) -> ConfigDocument:
    return ConfigDocument.model_validate_json(ConfigEnvelope.model_validate_json(body).document)


def test_the_signature_covers_the_documents_exact_bytes() -> None:
    signer = Signer(SEED)
    body = make_document(version({"*": {"m": plan("webgl")}}), "*", expires_at=1, signer=signer).body
    envelope = ConfigEnvelope.model_validate_json(body)
    key = Ed25519PublicKey.from_public_bytes(unpad(signer.public_key))
    assert envelope.signature is not None
    key.verify(unpad(envelope.signature), envelope.document.encode())
    with pytest.raises(InvalidSignature):
        key.verify(unpad(envelope.signature), envelope.document.replace("webgl", "cpu").encode())
    assert envelope.key_id == signer.key_id


@pytest.mark.parametrize(
    "key", [SEED, SEED.rstrip("="), base64.urlsafe_b64encode(b"\xff" * 32).decode(), f" {SEED}\n"]
)
def test_a_key_may_be_base64_or_base64url(key: str) -> None:
    assert len(Signer(key).public_key) == 43


@pytest.mark.parametrize("key", ["", "not base64!", base64.b64encode(b"short").decode(), "geheim" * 20, "ü"])
def test_a_bad_key_says_what_to_do_and_is_not_repeated(key: str) -> None:
    with pytest.raises(InvalidSigningKey, match="openssl rand -base64 32") as error:
        Signer(key)
    assert not key or key not in str(error.value)


def test_without_a_key_documents_are_not_signed() -> None:
    body = make_document(no_version("demo"), "*", expires_at=1, signer=None).body
    assert json.loads(body)["signature"] is None


def test_each_model_gets_the_plan_of_its_nearest_class() -> None:
    plans = {
        "*": {"a": plan("webgl"), "b": plan("webgl")},
        "form=desktop,os=linux": {"a": plan("wasm-simd")},
        "form=desktop,os=linux,browser=firefox": {"a": plan("cpu")},
    }
    active = version(plans)
    assert active.match(LEAF) == "form=desktop,os=linux"
    document = document_of(make_document(active, active.match(LEAF), expires_at=1, signer=None).body)
    assert document.device_class == "form=desktop,os=linux"
    assert {name: item.arms[0].backend for name, item in document.models.items()} == {
        "a": "wasm-simd",
        "b": "webgl",
    }


def test_the_kill_switch_steers_nothing() -> None:
    body = make_document(
        version({"*": {"a": plan("webgl")}}, enabled=False), "*", expires_at=1, signer=None
    ).body
    document = document_of(body)
    assert document.enabled is False
    assert document.models == {}


def test_the_etag_changes_with_content_and_only_with_it() -> None:
    signer = Signer(SEED)
    first = make_document(version({"*": {"a": plan("webgl")}}), "*", expires_at=1, signer=signer)
    assert first == make_document(
        version({"*": {"a": plan("webgl")}}), "*", expires_at=1, signer=Signer(SEED)
    )
    other = make_document(version({"*": {"a": plan("cpu")}}), "*", expires_at=1, signer=signer)
    assert other.etag != first.etag
    assert first.etag.startswith('"')


def test_a_fitted_document_has_the_etag_of_its_class_and_one_of_its_own() -> None:
    signer = Signer(SEED)
    active = version({"*": {"a": plan("webgl")}})
    whole = make_document(active, "*", expires_at=1, signer=signer)

    def fitted(*lacks: Backend) -> SignedDocument:
        device = Capability(frozenset(lacks))
        return fit_document(active, "*", device, whole, expires_at=1, signer=signer)

    assert fitted(Backend.WEBGPU) is whole  # one answer, as long as it is the same
    without = fitted(Backend.WEBGL)
    assert without.etag.startswith(whole.etag[:-1] + ".")
    assert without == fitted(Backend.WEBGL, Backend.WEBGPU)
    assert document_of(without.body).models["a"].arms[0].backend == Backend.WASM
    assert document_of(without.body).device_class == "*"


def test_expiry_moves_in_steps_and_leaves_a_whole_lifetime() -> None:
    settings = ConfigSettings(lifetime_hours=168, expiry_step_hours=24)
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    minutes = [midnight + timedelta(minutes=minute) for minute in range(0, 24 * 60, 7)]
    assert len({expiry(moment, settings) for moment in minutes}) == 1
    assert expiry(midnight + timedelta(days=1), settings) - expiry(midnight, settings) == 24 * 3600 * 1000
    for moment in minutes:
        assert expiry(moment, settings) >= (moment + timedelta(hours=168)).timestamp() * 1000


def test_twenty_models_fit_in_two_kilobytes_gzipped() -> None:
    def full_plan(number: int) -> ClassPlan:
        shares = [0.8517 - number / 1000, 0.1183 + number / 1000, 0.02, 0.01]
        backends = [Backend.WASM_SIMD_THREADS, Backend.WEBGL, Backend.WEBGPU, Backend.WASM_SIMD]
        variants = ["float16", "original", "original", "uint8"]
        return ClassPlan(
            arms=[
                Arm(
                    backend=backend,
                    variant=variant,
                    url=None
                    if variant == "original"
                    else f"https://cdn.example/models/m{number}/{variant}/model.json",
                    probability=round(share, 4),
                )
                for backend, variant, share in zip(backends, variants, shares, strict=True)
            ],
            fallbacks=[*backends, Backend.WASM, Backend.CPU],
        )

    models = {f"model-{os.urandom(4).hex()}": full_plan(number) for number in range(20)}
    key = Signer(base64.b64encode(os.urandom(32)).decode())
    body = make_document(version({LEAF.key: models}), LEAF.key, expires_at=1 << 40, signer=key).body
    size = len(gzip.compress(body))
    print(f"20 models with 4 arms each: {len(body)} bytes, {size} gzipped")
    assert size <= 2048


def test_a_cache_may_not_outlive_a_document() -> None:
    with pytest.raises(ValueError, match="must not exceed"):
        ConfigSettings(lifetime_hours=2, stale_seconds=86_400)
