"""A folder of variants on disk: the files that its tools leave there, read and checked by one reader.

``built`` is ``variants.json``, ``measured`` is ``evaluation.json`` and ``published`` is ``published.json``.
"""

from collector.variant_folder.bounded_files import BadFile
from collector.variant_folder.built import (
    SOURCE,
    BuiltFile,
    BuiltVariant,
    BuiltVariants,
    TensorSpec,
    read_built,
)

__all__ = [
    "SOURCE",
    "BadFile",
    "BuiltFile",
    "BuiltVariant",
    "BuiltVariants",
    "TensorSpec",
    "read_built",
]
