import re
from pathlib import Path

from prometheus_client.core import CounterMetricFamily

from collector.api.metrics import METRICS

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def exposed_names() -> set[str]:
    return {
        f"{name}_total" if declared.kind is CounterMetricFamily else name
        for name, declared in METRICS.items()
    }


def test_every_metric_is_documented_and_nothing_else_is() -> None:
    table = [line for line in OPERATIONS.read_text().splitlines() if line.startswith("| `inferfleet_")]
    documented = {name for line in table for name in re.findall(r"`(inferfleet_[a-z_]+)", line)}
    assert documented == exposed_names()


def test_every_metric_says_what_it_counts() -> None:
    assert all(len(declared.help) > 3 for declared in METRICS.values())
