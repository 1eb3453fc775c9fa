"""Makes the document for a device class out of a version: a function of its arguments, byte for byte."""

import hashlib
from datetime import datetime, timedelta
from typing import NamedTuple

from collector.contract.capability import Capability
from collector.contract.config_document import ConfigDocument, ConfigEnvelope, ModelPlan
from collector.contract.device_class import parse
from collector.remote_config.fitting import fit
from collector.remote_config.settings import ConfigSettings
from collector.remote_config.signing import Signer
from collector.remote_config.versions import Version


class SignedDocument(NamedTuple):
    """The bytes that are served, and their strong ETag, quotes included."""

    body: bytes
    etag: str


def expiry(now: datetime, settings: ConfigSettings) -> int:
    """When a document served now expires, in epoch ms: at least a lifetime away, moving on in steps.

    All documents of one step, whichever process makes them, have the same bytes, so that ``If-None-Match``
    works; a 304 never prolongs a document, as its expiry is part of what the ETag covers.
    """
    step = timedelta(hours=settings.expiry_step_hours) / timedelta(milliseconds=1)
    lifetime = timedelta(hours=settings.lifetime_hours) / timedelta(milliseconds=1)
    epoch_ms = now.timestamp() * 1000
    return int((epoch_ms // step + 1) * step + lifetime)


def make_document(
    version: Version, class_key: str, *, expires_at: int, signer: Signer | None
) -> SignedDocument:
    """The envelope for any device of a class, signed when there is a key."""
    return _sign(version, class_key, _models(version, class_key, None), expires_at, signer)


def fit_document(
    version: Version,
    class_key: str,
    device: Capability,
    whole: SignedDocument,
    *,
    expires_at: int,
    signer: Signer | None,
) -> SignedDocument:
    """The envelope for those devices of a class that can run the same backends.

    Args:
        version: the version that it is of.
        class_key: the class.
        device: what they can run.
        whole: what any device of the class gets; the answer where that fits these devices as it is.
        expires_at: as of ``whole``.
        signer: signs it, when there is a key.
    """
    models = _models(version, class_key, device)
    if models == _models(version, class_key, None):
        return whole
    fitted = _sign(version, class_key, models, expires_at, signer)
    # A report's answer tells the class's ETag only, and pages compare what comes before the point.
    return fitted._replace(etag=f'{whole.etag[:-1]}.{fitted.etag[1:17]}"')


def _models(version: Version, class_key: str, device: Capability | None) -> dict[str, ModelPlan]:
    if not version.enabled:
        return {}
    plans = version.models(parse(class_key))
    fitted = {name: fit(plan, device) for name, plan in plans.items()}
    return {name: plan for name, plan in fitted.items() if plan is not None}


def _sign(
    version: Version,
    class_key: str,
    models: dict[str, ModelPlan],
    expires_at: int,
    signer: Signer | None,
) -> SignedDocument:
    document = ConfigDocument(
        app=version.app,
        version=version.number,
        device_class=class_key,
        issued_at=int(version.created_at.timestamp() * 1000),
        expires_at=expires_at,
        enabled=version.enabled,
        sample_rate=version.sample_rate,
        models=models,
        canaries=(version.canaries if version.enabled else None) or None,
    ).model_dump_json(exclude_none=True)
    envelope = ConfigEnvelope(
        document=document,
        key_id=signer.key_id if signer else None,
        signature=signer.sign(document) if signer else None,
    )
    body = envelope.model_dump_json().encode()
    return SignedDocument(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
