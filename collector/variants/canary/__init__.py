"""Records what a model answers to a reference input when its backend computes right, and how far is wrong.

``reference_input`` and ``picks`` are what a page does alike (client_sdk_js/src/canary); ``judging`` is pure.
"""

from collector.variants.canary.recorded import FILE, INPUT, Recording
from collector.variants.canary.recording import VALUES, Options, record

__all__ = ["FILE", "INPUT", "VALUES", "Options", "Recording", "record"]
