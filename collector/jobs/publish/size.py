"""Holds a publication to the size that the SDK was promised."""

import gzip

from collector.contract.class_plan import ClassPlan
from collector.contract.config_document import ConfigDocument, ConfigEnvelope, ModelPlan
from collector.contract.device_class import parse
from collector.jobs.publish.versions import ConfigVersion

_SIGNATURE = "A" * 86  # Ed25519 in base64url; its letters do not compress
_KEY_ID = "0123456789abcdef"


class DocumentTooLarge(ValueError):
    """A device class's document would be over the limit. The message says which and what to do."""


def largest_document(version: ConfigVersion) -> tuple[str, int]:
    """(device class key, gzipped bytes) of the largest document of a version."""
    sizes = {
        key: max(_size(version, key, able=able) for able in (False, True)) for key in ["*", *version.plans]
    }
    key = max(sorted(sizes), key=lambda name: sizes[name])
    return key, sizes[key]


def check_size(version: ConfigVersion, limit: int) -> None:
    """Refuses a version with a document over ``limit`` gzipped bytes.

    Raises:
        DocumentTooLarge: nothing should be published.
    """
    key, size = largest_document(version)
    if size > limit:
        raise DocumentTooLarge(
            f"the config of app {version.app!r} for {key} would take {size} bytes gzipped, over the limit of "
            f"{limit}: shorten variant URLs, record canaries with fewer values, lower publish.max_arms, "
            "raise publish.max_document_bytes, or split the models among several apps"
        )


def _size(version: ConfigVersion, key: str, *, able: bool) -> int:
    """Of the document for any device of a class, or for those that have what most of it lack."""
    models: dict[str, ModelPlan] = {}
    for place in parse(key).ancestors():
        for model, plan in version.plans.get(place.key, {}).items():
            models.setdefault(model, _served(plan, able=able))
    document = ConfigDocument(
        app=version.app,
        version=version.version,
        device_class=key,
        issued_at=1 << 40,
        expires_at=1 << 40,
        models=models,
        canaries=version.canaries or None,
    ).model_dump_json(exclude_none=True)
    envelope = ConfigEnvelope(document=document, key_id=_KEY_ID, signature=_SIGNATURE)
    # The letters of a real signature are random: count them as they are.
    return len(gzip.compress(envelope.model_dump_json().encode(), mtime=0)) + len(_SIGNATURE)


def _served(plan: ClassPlan, *, able: bool) -> ModelPlan:
    chosen = plan.able if able and plan.able is not None else plan
    return ModelPlan.model_construct(
        arms=chosen.arms,
        fallbacks=chosen.fallbacks,
        race=chosen.race,
        wasm_threads=plan.wasm_threads,
        canary=plan.canary,
    )
