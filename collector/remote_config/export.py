"""Writes the documents as static files, for a CDN or object storage that serves them without a collector."""

import hashlib
import json
from collections.abc import Mapping
from typing import Protocol

import fsspec

from collector.remote_config.documents import SignedDocument

INDEX = "index.json"


class DocumentSource(Protocol):
    """Who has an app's documents: a ``ConfigService``, or somebody who fetched them from one."""

    def documents(self, app: str) -> Mapping[str, SignedDocument]:
        """Device class key -> document, the root included."""
        ...


def export(service: DocumentSource, target: str, app: str) -> list[str]:
    """Writes one file for each class, then an index.

    A file is byte for byte what ``/v1/config`` answers to a request that does not say what the device lacks.

    The index maps a device class key to its file: a client walks from its leaf class to the root and takes
    the first that is listed. Files are named by their content, so that they can be cached for ever; the index
    comes last, so that it never names a file that is not there.

    Args:
        service: makes and signs the documents.
        target: a folder or any URL that fsspec can write to (``s3://bucket/path``, ``gs://…``).
        app: the app.

    Returns:
        The written paths, relative to ``target``, the index last.

    Raises:
        StoreUnavailable: the store does not answer; nothing was written.
    """
    documents = service.documents(app)
    filesystem, root = fsspec.core.url_to_fs(target)
    folder = f"{root.rstrip('/')}/{app}"
    filesystem.makedirs(folder, exist_ok=True)
    classes: dict[str, str] = {}
    written: list[str] = []
    for key, document in documents.items():
        name = f"{hashlib.sha256(document.body).hexdigest()[:32]}.json"
        if name not in written:
            filesystem.pipe_file(f"{folder}/{name}", document.body)
            written.append(name)
        classes[key] = name
    index = json.dumps({"v": 1, "app": app, "classes": classes}, separators=(",", ":")).encode()
    filesystem.pipe_file(f"{folder}/{INDEX}", index)
    return [f"{app}/{name}" for name in [*written, INDEX]]
