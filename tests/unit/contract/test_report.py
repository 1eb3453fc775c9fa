import json
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError, create_model

from collector.contract.export import json_schema
from collector.contract.leak_trace import LeakSite
from collector.contract.report import Report, Window
from collector.contract.signals import Histogram, MemorySignal
from collector.contract.wire_model import WireModel, unknown_fields
from tests.unit.ingest.reports import a_window

GOLDEN = sorted((Path(__file__).parents[2] / "vectors" / "reports").glob("*.json"))


def minimal(**changes):
    report = json.loads((GOLDEN[0].parent / "v1-0.1.0-click.json").read_text())
    return json.dumps({**report, **changes})


@pytest.mark.parametrize("path", GOLDEN, ids=lambda p: p.stem)
def test_released_payloads_are_read_for_ever(path):
    raw = path.read_bytes()
    Report.model_validate_json(raw)
    jsonschema.validate(json.loads(raw), json_schema(Report))


def test_unknown_fields_are_ignored_and_counted():
    newer = (GOLDEN[0].parent / "v1-newer-sdk.json").read_bytes()
    assert unknown_fields(Report.model_validate_json(newer)) == 4


def test_a_collector_of_before_races_counts_them_and_takes_the_rest():
    known = {
        name: (field.annotation, field) for name, field in Report.model_fields.items() if name != "races"
    }
    older = create_model("Report", __base__=WireModel, **known)
    races = (GOLDEN[0].parent / "v1-0.1.0-races.json").read_bytes()
    report = older.model_validate_json(races)
    assert unknown_fields(report) == 1
    assert [load.model for load in report.loads] == ["blazeface"]


def test_a_collector_of_before_leak_traces_counts_them_and_takes_the_rest():
    known = {
        name: (field.annotation, field)
        for name, field in Report.model_fields.items()
        if name != "leak_traces"
    }
    older = create_model("Report", __base__=WireModel, **known)
    report = older.model_validate_json((GOLDEN[0].parent / "v1-0.1.0-leak-traces.json").read_bytes())
    assert unknown_fields(report) == 1
    assert [load.model for load in report.loads] == ["blazeface"]


FRAME = {"script": "0f" * 16, "line": 1, "column": 1}
SITE = {"predictions": 1, "count": 1, "tensors": [{"dtype": "int32", "count": 1}], "frames": [FRAME]}


@pytest.mark.parametrize(
    "change",
    [
        {"frames": []},
        {"frames": [FRAME] * 49},
        {"frames": [{**FRAME, "script": "https://shop.example/main.js"}]},
        {"frames": [{**FRAME, "line": 0}]},
        {"frames": [{**FRAME, "column": 10**9}]},
        {"tensors": []},
        {"tensors": [{"dtype": "int32", "count": 1}] * 9},
        {"tensors": [{"dtype": "int32", "count": 1, "shape": "1,-3"}]},
        {"tensors": [{"dtype": "int32", "count": 1, "shape": "1,2,3,4,5,6,7,8,9"}]},
        {"tensors": [{"dtype": "preprocess", "count": 1}]},
        {"count": 0},
        {"bytes": -1},
    ],
    ids=lambda change: json.dumps(change)[:50],
)
def test_a_site_holds_nothing_but_numbers_and_hashes(change):
    assert LeakSite.model_validate_json(json.dumps(SITE)).bytes == 0
    with pytest.raises(ValidationError):
        LeakSite.model_validate_json(json.dumps({**SITE, **change}))


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"batch_id": "short"},
        {"batch_id": "x" * 37},
        {"batch_id": "spaces are not allowed!"},
        {"sent_at": "1795381260000"},
        {"sent_at": -1},
        {"app": "Has Spaces"},
        {"app": "a" * 64},
        {"session": 12},
        {"seq": 1.5},
        {"dropped": {"no_such_reason": 1}},
        {"windows": [{}] * 65},
        {"windows": {}},
        {"races": [{}] * 9},
        {"leak_traces": [{}] * 9},
        {"device": {"gpu": "ANGLE (NVIDIA, NVIDIA GeForce RTX 3080 Direct3D11)"}},
        {"device": {"memory_gb": 6}},
        {"release": "x" * 65},
        {"sdk": "js"},
    ],
    ids=lambda change: json.dumps(change)[:50],
)
def test_what_leaves_the_contract_is_refused(change):
    with pytest.raises(ValidationError):
        Report.model_validate_json(minimal(**change))


@pytest.mark.parametrize(
    ("buckets", "counts"),
    [
        ([], []),
        ([], [1]),
        ([1, 1], [1, 2, 3]),
        ([5, 0], [1, 1]),
        ([5, 1], [1, -1]),
        ([-178], [1]),
        ([385, 1], [1, 1]),
        ([385], [1, 1]),
        ([300], [1, -90, 1]),
        ([1], [-1]),
        ([1], [1, -1]),
        ([1], [-1, 1]),
        ([-177], [1, -600, 1]),
        ([1], [2**32]),
    ],
)
def test_a_histogram_out_of_shape_is_refused(buckets, counts):
    with pytest.raises(ValidationError):
        Histogram.model_validate_json(json.dumps({"buckets": buckets, "counts": counts}))


@pytest.mark.parametrize(
    ("buckets", "counts"), [([-3, 1, 7], [4, 5, 6]), ([-3], [4, 5, -6, 6])], ids=["gaps", "runs"]
)
def test_a_histogram_of_either_form_gives_counts_by_bucket(buckets, counts):
    assert Histogram(buckets=buckets, counts=counts).decoded() == {-3: 4, -2: 5, 5: 6}


def test_memory_points_are_absolute_again():
    signal = MemorySignal(predictions=[10, 5], tensors=[300, -2], bytes=[1000, 24])
    assert signal.points() == [
        (10, 300, 1000, None, None, None),
        (15, 298, 1024, None, None, None),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"tensors": [1]},
        {"tensors": [1, -2]},
        {"bytes": [0, 1 << 60]},
        {"gpu_bytes": [1, 2, 3]},
        {"gpu_allocated_bytes": [1]},
        {"heap_bytes": [-1, 2]},
        {"predictions": [1] * 17},
        {"predictions": [1, 2**32 - 1]},
        {"tensors_max": 2**54},
    ],
    ids=str,
)
def test_a_memory_signal_out_of_shape_is_refused(change):
    signal = {"predictions": [1, 1], "tensors": [1, 0], "bytes": [1, 0], **change}
    with pytest.raises(ValidationError):
        MemorySignal.model_validate_json(json.dumps(signal))


@pytest.mark.parametrize(
    ("count", "memory", "refused"),
    [
        # Each point's own values: added up, a page that holds 180 tensors would leak 180 at each point.
        (300, {"predictions": [0, 100, 200, 300], "tensors": [180] * 4, "bytes": [9000] * 4}, True),
        (300, {"predictions": [600, 900], "tensors": [180, 190], "bytes": [9000, 9900]}, True),
        (
            60,
            {"predictions": [5, 20, 40, 60], "tensors": [180, 200, 220, 240], "bytes": [90, 99, 99, 99]},
            True,
        ),
        # Differences.
        (
            300,
            {"predictions": [600, 100, 100, 100], "tensors": [180, 0, 0, 0], "bytes": [9000, 0, 0, 0]},
            False,
        ),
        (
            300,
            {"predictions": [0, 99, 100, 101], "tensors": [4, 99, 100, 101], "bytes": [9, 99, 99, 99]},
            False,
        ),
        # Two models of one name side by side: their predictions are counted together.
        (150, {"predictions": [0, 90, 100, 110], "tensors": [180, 0, 3, 0], "bytes": [9000, 0, 0, 0]}, False),
        # Models of one name side by side, of a library that counts nothing; its heap tells how it is meant.
        (15, {"predictions": [10, 20], "tensors": [0, 0], "bytes": [0, 0]}, False),
        (15, {"predictions": [10, 20], "tensors": [0, 0], "bytes": [0, 0], "heap_bytes": [900, 0]}, False),
        (15, {"predictions": [10, 20], "tensors": [0, 0], "bytes": [0, 0], "heap_bytes": [900, 900]}, True),
    ],
)
def test_memory_that_is_told_in_absolute_values_is_refused(count, memory, refused):
    window = a_window(count=count, memory=memory)
    if not refused:
        Window.model_validate_json(json.dumps(window))
        return
    with pytest.raises(ValidationError, match="only a list's first entry is, the others are differences"):
        Window.model_validate_json(json.dumps(window))


def wire_models(model=WireModel):
    for child in model.__subclasses__():
        yield child
        yield from wire_models(child)


def test_every_field_says_what_it_is_and_how_sensitive():
    for model in wire_models():
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name} has no description"
            extra = field.json_schema_extra
            assert isinstance(extra, dict), f"{model.__name__}.{name} was not declared with wire_field"
            assert extra["sensitivity"] in {"technical", "pseudonymous", "application"}


def test_durations_and_sizes_name_their_unit():
    for model in wire_models():
        for name, field in model.model_fields.items():
            extra = field.json_schema_extra
            if name.endswith(("_ms", "_bytes", "_gb")) or name in {"bytes", "at", "started_at", "sent_at"}:
                assert isinstance(extra, dict) and extra.get("unit"), f"{model.__name__}.{name} names no unit"
