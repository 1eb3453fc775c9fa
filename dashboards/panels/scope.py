"""The pieces of SQL that panels share: which rows count, and how the log histogram is read."""

CHOSEN = (
    "app = ${app:singlequote} AND $__conditionalAll(model = ${model:singlequote}, $model)"
    " AND $__conditionalAll(release = ${release:singlequote}, $release)"
)
"""The rows of the chosen app, model and release."""

IN_RANGE = f"{CHOSEN} AND $__timeFilter_ms(at)"
"""... in the chosen range."""

WITH_PREVIOUS = (
    f"{CHOSEN} AND at <= $__toTime_ms AND at >= fromUnixTimestamp64Milli("
    "2 * toUnixTimestamp64Milli($__fromTime_ms) - toUnixTimestamp64Milli($__toTime_ms))"
)
"""... in the chosen range, or in the one of the same length before it."""

DEVICE_CLASS = "concat(form, ' · ', os, ' · ', browser, ' · ', gpu)"
"""A device class for people: the levels form/os, browser and GPU family of contract.device_class."""


def value_ms(bucket: str) -> str:
    """The milliseconds that a bucket stands for: ``contract.histogram.value_of`` in SQL."""
    return f"exp(({bucket} + 0.5) * log(1.04))"


def quantiles(buckets: str = "ready") -> str:
    """Columns p50, p75 and p95 in ms of merged histograms, exact over the buckets (rank ``ceil(q * total)``).

    Goes with ``notEmpty({buckets}_buckets)``: over no prediction it would answer bucket 0. The arrays are
    merged as they are: unfolding them with ``ARRAY JOIN`` first costs more than twice the CPU.
    """
    quantile = f"quantilesExactWeightedArray(0.5, 0.75, 0.95)({buckets}_buckets, {buckets}_counts)"
    columns = (f"{value_ms(f'q[{place}]')} AS {name}" for place, name in enumerate(("p50", "p75", "p95"), 1))
    return f"{quantile} AS q, " + ", ".join(columns)
