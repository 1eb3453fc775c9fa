"""What a variant weighs on the way, and the record of all of them."""

import hashlib
from pathlib import Path
from typing import Any

import brotli

from .canonical import canonical_json
from .target import RECORD

QUALITY = 9
"""Of brotli: what a CDN that compresses once and keeps the result can afford."""


def measure(draft: Path, variant: str) -> dict[str, Any]:
    """The files of a variant: bytes and hash of each, and what they weigh on the way, raw and as brotli."""
    files = []
    compressed = 0
    for path in sorted(path for path in (draft / variant).rglob("*") if path.is_file()):
        content = path.read_bytes()
        files.append(
            {
                "path": path.relative_to(draft).as_posix(),
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
        compressed += len(brotli.compress(content, quality=QUALITY))
    return {"files": files, "bytes": sum(file["bytes"] for file in files), "brotli_bytes": compressed}


def write_record(draft: Path, record: dict[str, Any]) -> None:
    """Writes variants.json."""
    (draft / RECORD).write_bytes(canonical_json(record) + b"\n")
