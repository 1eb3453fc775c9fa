"""What is served is what was measured and accepted."""

import json
from pathlib import Path

import pytest

from examples.slimming.errors import SlimmingError
from examples.slimming.serving import smallest


def test_the_smallest_accepted_variants_are_tried(tmp_path: Path) -> None:
    sizes = {"source": 900, "uint8": 230, "pooled": 80, "torn": 5, "distilled": 20, "pooled-uint8": 21}
    variants = [{"name": name, "bytes": size, "accepted": name != "torn"} for name, size in sizes.items()]
    (tmp_path / "evaluation.json").write_text(json.dumps({"variants": variants}))
    assert smallest(tmp_path) == ["distilled", "pooled-uint8", "pooled"]


def test_without_a_measurement_it_says_what_to_run_first(tmp_path: Path) -> None:
    with pytest.raises(SlimmingError, match=r"python -m examples\.slimming make"):
        smallest(tmp_path)
