"""Quantiles in SQL are those of contract/histogram.py, to the bucket."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.contract import histogram
from collector.store import Store
from tests.integration.store.rows import NOW, make_rows

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors" / "histogram.json").read_text(encoding="utf-8")
)
LEVELS = (0.0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
SQL = f"""
    SELECT arrayMap(
        bucket -> exp((bucket + 0.5) * log(1.04)),
        quantilesExactWeighted({", ".join(map(str, LEVELS))})(bucket, n)
    ) AS answer
    FROM (SELECT {{buckets:Array(Int16)}} AS buckets, {{counts:Array(UInt32)}} AS counts)
    ARRAY JOIN buckets AS bucket, counts AS n
"""

histograms = st.dictionaries(
    st.integers(histogram.MIN_BUCKET, histogram.MAX_BUCKET), st.integers(1, 100_000), min_size=1, max_size=40
)


def ask(store: Store, parts: list[dict[int, int]]) -> list[float]:
    """The levels' quantiles of the parts, merged by the engine itself."""
    pairs = [pair for part in parts for pair in part.items()]
    buckets, counts = zip(*pairs, strict=True)
    answer: list[float] = store.query_sql(SQL, {"buckets": list(buckets), "counts": list(counts)})[0][
        "answer"
    ]
    return answer


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(histograms, min_size=1, max_size=4))
def test_every_quantile_of_every_merge_is_the_contracts(store: Store, parts: list[dict[int, int]]) -> None:
    merged = histogram.merge(parts)
    assert ask(store, parts) == pytest.approx([histogram.quantile(merged, q) for q in LEVELS], rel=1e-12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(1, 2_000), q=st.sampled_from(LEVELS))
def test_the_rank_is_rounded_up_as_in_the_contract(store: Store, total: int, q: float) -> None:
    """One sample in each of ``total`` buckets' worth of ranks: an off-by-one rank is another bucket."""
    buckets = dict.fromkeys(range(-177, min(385, -177 + total)), 1)
    assert ask(store, [buckets])[LEVELS.index(q)] == pytest.approx(histogram.quantile(buckets, q), rel=1e-12)


@pytest.mark.parametrize("case", VECTORS["merges"], ids=lambda case: case["name"])
def test_sql_agrees_with_the_shared_vectors(store: Store, case: dict[str, Any]) -> None:
    parts = [{int(bucket): count for bucket, count in part.items()} for part in case["parts"]]
    levels = [float(level) for level in case["quantiles"]]
    pairs = [pair for part in parts for pair in part.items()]
    sql = SQL.replace(", ".join(map(str, LEVELS)), ", ".join(map(str, levels)))
    answer = store.query_sql(
        sql, {"buckets": [pair[0] for pair in pairs], "counts": [pair[1] for pair in pairs]}
    )
    assert answer[0]["answer"] == pytest.approx(list(case["quantiles"].values()), rel=1e-9)


@pytest.mark.parametrize("vector", VECTORS["values"], ids=lambda vector: str(vector["bucket"]))
def test_a_bucket_stands_for_the_vectors_value(store: Store, vector: dict[str, Any]) -> None:
    answer = store.query_sql("SELECT exp(({b:Int16} + 0.5) * log(1.04)) AS ms", {"b": vector["bucket"]})
    assert answer[0]["ms"] == pytest.approx(vector["value_ms"], rel=1e-9)


def test_the_named_query_merges_windows_of_a_group_and_leaves_out_other_apps_and_times(
    store: Store, app: str
) -> None:
    parts = [{10: 5, 40: 1}, {10: 1, 12: 3}]
    windows: list[dict[str, Any]] = [
        {"app": app, "at": NOW, "ready_buckets": list(part), "ready_counts": list(part.values())}
        for part in parts
    ]
    elsewhere = {"ready_buckets": [300], "ready_counts": [10_000]}
    rows = make_rows(
        "windows",
        *({**window, "model": "m", "variant": "v", "backend": "webgl"} for window in windows),
        {"app": app, "at": NOW + timedelta(hours=1), **elsewhere},
        {"app": f"{app}-other", "at": NOW, **elsewhere},
    )
    assert isinstance(rows, pa.Table)
    store.insert("windows", rows, token=app)
    merged = histogram.merge(parts)
    answer = store.query("windows_quantiles", app=app, since=NOW, until=NOW + timedelta(hours=1))
    assert [(row["model"], row["variant"], row["backend"], row["predictions"]) for row in answer] == [
        ("m", "v", "webgl", 10)
    ]
    assert answer[0]["ready_ms"] == pytest.approx(
        [histogram.quantile(merged, q) for q in (0.5, 0.75, 0.95, 0.99)]
    )


def test_no_windows_are_no_rows_rather_than_a_made_up_duration(store: Store, app: str) -> None:
    """An ungrouped aggregate over nothing answers bucket 0, which would read as 1.02 ms."""
    store.insert(
        "windows", make_rows("windows", {"app": app, "ready_buckets": [], "ready_counts": []}), token=app
    )
    assert store.query("windows_quantiles", app=app, since=NOW, until=NOW + timedelta(hours=1)) == []
