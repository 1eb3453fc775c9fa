"""The pieces of SQL that panels share: which rows count, and how the log histogram is read."""

NO_RELEASE = "(none)"
"""The word for "no release" in the choice of a release. The data source takes an empty value for All; no
release can be named so, because names hold no parentheses."""

RELEASE_NAME = f"if(release = '', '{NO_RELEASE}', release)"
"""A release as it is chosen."""

CHOSEN = (
    "app = ${app:singlequote} AND $__conditionalAll(model = ${model:singlequote}, $model)"
    f" AND $__conditionalAll({RELEASE_NAME} = ${{release:singlequote}}, $release)"
    " AND $__conditionalAll(backend = ${backend:singlequote}, $backend)"
)
"""The rows of the chosen app, model, release and backend."""

IN_RANGE = f"{CHOSEN} AND $__timeFilter_ms(at)"
"""... in the chosen range."""

WITH_PREVIOUS = (
    f"{CHOSEN} AND at <= $__toTime_ms AND at >= fromUnixTimestamp64Milli("
    "2 * toUnixTimestamp64Milli($__fromTime_ms) - toUnixTimestamp64Milli($__toTime_ms))"
)
"""... in the chosen range, or in the one of the same length before it."""

PEOPLE = f"automated = (SELECT min(automated) FROM windows WHERE {WITH_PREVIOUS})"
"""... without automated browsers, unless nobody else reported: then a test rig is what there is to see."""

COMPARED = f"{IN_RANGE} AND automated = (SELECT min(automated) FROM windows WHERE {IN_RANGE})"
"""... likewise in the chosen range, for comparing arms: a test rig runs one arm, on machines of its own."""

SEVERAL_MODELS = "min(model) OVER () != max(model) OVER ()"
"""In a query grouped by model: whether the answer holds more than one."""

KIND_OF_DEVICE = "concat(form, ' · ', os)"
"""The first level of contract.device_class, for people."""

DEVICE_CLASS = "concat(form, ' · ', os, ' · ', browser, ' · ', gpu)"
"""A device class for people: the levels form/os, browser and GPU family of contract.device_class."""


def with_model(expression: str, *, first: bool = False, table: str | None = None) -> str:
    """A text with the model's name beside it where several models report: none is pooled with another.

    ``table`` is for queries that keep some of its groups only: one model may then be left of several.
    """
    several = f"(SELECT uniqExact(model) FROM {table} WHERE {IN_RANGE}) > 1" if table else SEVERAL_MODELS
    pair = f"model, ' · ', {expression}" if first else f"{expression}, ' · ', model"
    return f"if({several}, concat({pair}), {expression})"


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
