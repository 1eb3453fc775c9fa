"""The same reports as OTLP metrics: what an OpenTelemetry SDK would send to say as much.

A histogram is an exponential histogram of scale 4 (buckets grow by 1.044, ours by 1.04), a memory signal a
gauge of 16 points for each series, and everything else attributes: of the resource what a report says once,
of the points what a window says.
"""

import json
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_DELTA, Metric

from collector.contract.histogram import decode

SCALE = 4
_HISTOGRAMS = ("dispatch_ms", "ready_ms", "kernel_ms")
_NAMES = ("model", "backend", "ready_method", "kernel_method")


def to_otlp(body: bytes) -> bytes:
    """One report as an ``ExportMetricsServiceRequest``."""
    report = json.loads(body)
    request = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    facts = {name: report[name] for name in ("batch_id", "app", "release", "session", "sdk", "seq")}
    resource.resource.attributes.extend(_attributes(facts | report["device"]))
    metrics = resource.scope_metrics.add().metrics
    for window in report["windows"]:
        of_window = _attributes({name: window[name] for name in _NAMES} | {"count": window["count"]})
        for name in _HISTOGRAMS:
            _add_histogram(metrics.add(name=name, unit="ms"), window, name, of_window)
        for name, values in window["memory"].items():
            _add_points(metrics.add(name=f"memory_{name}"), window, values, of_window)
    encoded: bytes = request.SerializeToString()
    return encoded


def _add_histogram(metric: Metric, window: dict[str, Any], name: str, attributes: list[KeyValue]) -> None:
    metric.exponential_histogram.aggregation_temporality = AGGREGATION_TEMPORALITY_DELTA
    point = metric.exponential_histogram.data_points.add(scale=SCALE)
    point.attributes.extend(attributes)
    point.start_time_unix_nano = window["started_at"] * 1_000_000
    point.time_unix_nano = (window["started_at"] + window["duration_ms"]) * 1_000_000
    buckets = decode(**window[name])
    first, last = min(buckets), max(buckets)
    point.count = sum(buckets.values())
    point.positive.offset = first
    point.positive.bucket_counts.extend(buckets.get(bucket, 0) for bucket in range(first, last + 1))


def _add_points(metric: Metric, window: dict[str, Any], steps: list[int], attributes: list[KeyValue]) -> None:
    value = 0
    for n, step in enumerate(steps):
        value += step
        point = metric.gauge.data_points.add(as_int=value)
        if n == 0:  # kind to the peer: its SDKs would repeat the attributes with every point
            point.attributes.extend(attributes)
        point.time_unix_nano = (window["started_at"] + n * window["duration_ms"] // len(steps)) * 1_000_000


def _attributes(facts: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=name, value=_value(value)) for name, value in facts.items()]


def _value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
