import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.contract import histogram

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "histogram.json").read_text())

durations = st.floats(min_value=0.002, max_value=3e6)


def as_buckets(counts: dict[str, int]) -> dict[int, int]:
    return {int(bucket): count for bucket, count in counts.items()}


@pytest.mark.parametrize("vector", VECTORS["buckets"], ids=lambda v: str(v["value_ms"]))
def test_a_duration_falls_into_the_bucket_that_exact_arithmetic_gives(vector):
    assert histogram.bucket_of(vector["value_ms"]) == vector["bucket"]


@pytest.mark.parametrize("vector", VECTORS["values"], ids=lambda v: str(v["bucket"]))
def test_a_bucket_stands_for_its_geometric_middle(vector):
    assert histogram.value_of(vector["bucket"]) == pytest.approx(vector["value_ms"], rel=1e-12)


@pytest.mark.parametrize("vector", VECTORS["merges"], ids=lambda v: v["name"])
def test_merging_and_quantiles_match_the_vectors(vector):
    merged = histogram.merge(as_buckets(part) for part in vector["parts"])
    assert merged == as_buckets(vector["merged"])
    for q, value_ms in vector["quantiles"].items():
        assert histogram.quantile(merged, float(q)) == pytest.approx(value_ms, rel=1e-12)


@pytest.mark.parametrize("vector", VECTORS["encodings"], ids=lambda v: str(v["buckets"]))
def test_the_wire_form_is_of_runs(vector):
    assert histogram.encode(as_buckets(vector["histogram"])) == (vector["buckets"], vector["counts"])


@given(
    st.dictionaries(
        st.integers(histogram.MIN_BUCKET, histogram.MAX_BUCKET), st.integers(1, 1 << 32), min_size=1
    )
)
def test_the_wire_form_reads_back_as_it_was(counts):
    assert histogram.decode(*histogram.encode(counts)) == counts


def test_the_older_wire_form_of_gaps_is_read():
    assert histogram.decode([-3, 1, 7], [4, 5, 6]) == {-3: 4, -2: 5, 5: 6}


@given(st.lists(st.lists(durations, min_size=1), min_size=1, max_size=5), st.floats(0, 1))
def test_every_quantile_of_every_merge_is_within_two_percent_of_a_true_sample(parts, q):
    import math

    merged = histogram.merge(histogram.record(part) for part in parts)
    samples = sorted(value for part in parts for value in part)
    truth = samples[max(1, math.ceil(q * len(samples))) - 1]
    assert histogram.quantile(merged, q) == pytest.approx(truth, rel=0.02)


@given(st.lists(st.dictionaries(st.integers(-177, 385), st.integers(1, 1000)), max_size=4))
def test_merging_does_not_depend_on_order(parts):
    assert histogram.merge(parts) == histogram.merge(reversed(parts))


def test_no_values_have_no_quantile():
    assert histogram.quantile({}, 0.5) is None


def test_what_is_not_a_duration_or_a_share_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        histogram.bucket_of(float("nan"))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        histogram.quantile({1: 1}, 1.5)
