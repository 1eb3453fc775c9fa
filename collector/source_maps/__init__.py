"""Lines of an app's own sources, from places in its bundles: read on the machine that has the source maps."""

from collector.source_maps.resolving import Frame, Place, Resolved, resolve
from collector.source_maps.scripts import BadFolder

__all__ = ["BadFolder", "Frame", "Place", "Resolved", "resolve"]
