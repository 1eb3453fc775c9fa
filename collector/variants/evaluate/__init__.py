"""Evaluates variants: each on each backend of a real Chromium, against the source and against labels.

The way is manifest -> inputs -> cells -> agreement -> verdicts -> report; ``evaluation`` walks it.
"""

from collector.variants.evaluate.cells import Pace, Progress
from collector.variants.evaluate.errors import EvaluateError
from collector.variants.evaluate.evaluation import Options, evaluate
from collector.variants.evaluate.gates import Limits

__all__ = ["EvaluateError", "Limits", "Options", "Pace", "Progress", "evaluate"]
