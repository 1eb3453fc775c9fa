"""A store for the query benchmark: a month of a fleet, in every table, made fast.

A million windows are drawn in numpy (``storage_rows``); the engine itself makes the others from
them, each copy with sessions, batches, times and bucket counts of its own, and derives the other tables from
the windows.
"""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from benchmarks.storage_rows import DAYS, windows
from collector.store import SCHEMAS, Store

CHUNK = 200_000
RUNS = 2_880
"""Runs of ``recommend`` in 30 days at its default of one each 15 minutes."""

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
START = NOW - timedelta(days=DAYS, hours=13)
"""Copies are moved by up to 12 hours either way, so that the newest rows are an hour old."""

_HASH = "sipHash64(session, {copy:UInt32})"
# A base row's session decides about its copy's: one device, one arm, one shift in time for all of its rows.
_CHANGED = {
    "session": "substring(base64URLEncode(sipHash128(session, {copy:UInt32})), 1, 22)",
    "batch_id": "substring(base64URLEncode(sipHash128(batch_id, {copy:UInt32})), 1, 22)",
    "at": f"at + toIntervalMillisecond(toInt64({_HASH} % 86400000) - 43200000)",
    "received_at": f"received_at + toIntervalMillisecond(toInt64({_HASH} % 86400000) - 43200000)",
    # The base has eight kinds of device; a fleet has hundreds.
    "memory_gb": f"if(memory_gb = 0, 0, [2, 4, 8][1 + {_HASH} % 3])",
    "cores": f"[4, 6, 8, 12, 16][1 + intDiv({_HASH}, 3) % 5]",
    "gpu": f"if({_HASH} % 4 = 0, concat(gpu, '-', toString(intDiv({_HASH}, 16) % 6)), gpu)",
    # One session in five tries another backend, as exploration has it.
    "backend": f"if(intDiv({_HASH}, 64) % 5 = 0, ['wasm-simd', 'webgl', 'cpu'][1 + {_HASH} % 3], backend)",
    "ready_counts": "arrayMap((n, b) -> n + toUInt32(n > 3 AND bitAnd(sipHash64(b, at, {copy:UInt32}), 1)),"
    " ready_counts, ready_buckets)",
    "dispatch_counts": "arrayMap((n, b) -> "
    "n + toUInt32(n > 3 AND bitAnd(sipHash64(b, at, {copy:UInt32}), 2)), dispatch_counts, dispatch_buckets)",
}
_EVENT = [name for name in SCHEMAS["windows"].names if name in SCHEMAS["exposures"].names]
_VERSIONED = [*_EVENT, "engine_version", "model_release"]
_ROLL = "sipHash64(session, {salt:UInt32})"


def draw_base(store: Store, rows: int) -> None:
    """Fills the table ``base``, which looks like ``windows``, with rows drawn in numpy."""
    store.execute("CREATE TABLE base AS windows")
    for chunk in range(0, rows, CHUNK):
        drawn = windows(min(CHUNK, rows - chunk), seed=chunk + 1, start=START)
        with store._pool.borrow() as client:
            client.insert_arrow("base", drawn)


def copy_base(store: Store, copies: Sequence[int]) -> None:
    """Makes copies of the base in ``windows``, numbered so that no two are alike."""
    names = SCHEMAS["windows"].names
    columns = ", ".join(f"{_CHANGED[name]} AS {name}_" if name in _CHANGED else name for name in names)
    for copy in copies:
        _insert(
            store,
            f"INSERT INTO windows SELECT {columns} FROM base SETTINGS max_insert_block_size = 250000, "
            "min_insert_block_size_rows = 250000, max_memory_usage = 6000000000",
            copy=copy,
        )


def derive_events(store: Store) -> None:
    """Fills the other event tables from ``windows``, in the proportions of a fleet.

    A load and an exposure a session, an incident in thirty windows, spans in ten; a race of three arms in one
    session of ten, a leak trace in one of a hundred."""
    for table in ("loads", "exposures", "incidents", "stages", "races", "leak_traces", "drops"):
        store.execute(f"TRUNCATE TABLE {table}")
    event, versioned = ", ".join(_EVENT), ", ".join(_VERSIONED)
    _insert(
        store,
        f"""INSERT INTO loads ({versioned}, engine, load_ms, backend_init_ms, first_prediction_ms,
            download_bytes, cache_hit, fallback_backends, fallback_errors)
        SELECT {versioned}, 'tfjs', 200 + {_ROLL} % 3000, 5 + {_ROLL} % 400, 20 + {_ROLL} % 2000,
            {_ROLL} % 5000000, {_ROLL} % 2, if({_ROLL} % 50 = 0, ['webgpu'], []),
            if({_ROLL} % 50 = 0, ['NoAdapter'], [])
        FROM windows LIMIT 1 BY app, session, model""",
        salt=1,
    )
    _insert(
        store,
        f"""INSERT INTO exposures ({event}, source, config_version, device_class, probability)
        SELECT {event}, ['default', 'config', 'holdback', 'explore', 'last_known_good'][1 + {_ROLL} % 5],
            {_ROLL} % 40, concat(form, '/', os, '/', browser, '/', gpu), 0.8 FROM loads""",
        salt=2,
    )
    _insert(
        store,
        f"""INSERT INTO incidents ({versioned}, kind, count, error)
        SELECT {versioned}, ['error', 'fallback', 'context_lost', 'hang', 'killed'][1 + {_ROLL} % 5], 1,
            'RangeError'
        FROM windows WHERE sipHash64(session, at) % 30 = 0""",
        salt=3,
    )
    shared = ", ".join(name for name in _EVENT if name not in ("model", "variant", "backend", "steerable"))
    _insert(
        store,
        f"""INSERT INTO stages
            ({shared}, stage, model, backend, duration_ms, count, span_buckets, span_counts)
        SELECT {shared}, stage, model, backend, duration_ms, count, dispatch_buckets, dispatch_counts
        FROM windows ARRAY JOIN ['pre', 'infer', 'post'] AS stage WHERE {_ROLL} % 10 = 0""",
        salt=4,
    )
    _insert(
        store,
        f"""INSERT INTO drops SELECT app, received_at, session, release,
            ['queue_full', 'too_old', 'page_closed'][1 + {_ROLL} % 3], 1 + {_ROLL} % 9
        FROM windows WHERE sipHash64(session, at) % 100 = 0""",
        salt=5,
    )
    _insert(
        store,
        f"""INSERT INTO races ({shared}, steerable, model, variant, backend, engine, race, place, asked,
            input, budget_ms, spent_ms, outcome, start_ms, load_ms, first_ms, ready_ms, runs, winner)
        SELECT {shared}, steerable, model, variant, ['wasm-simd', 'webgl', 'cpu'][1 + arm], 'tfjs', 0, arm,
            'plan', 'canary', 1500, 300 + {_ROLL} % 1200, 'measured', 5 + {_ROLL} % 400, 20 + {_ROLL} % 200,
            20 + {_ROLL} % 500, (1 + arm) * (4 + {_ROLL} % 30), 5, arm = 0
        FROM (SELECT * FROM loads WHERE {_ROLL} % 10 = 0) ARRAY JOIN [0, 1, 2] AS arm""",
        salt=6,
    )
    frame = '{"script":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","line":8,"column":14858}'
    tensors = '[{"shape":"1,256,256,3","dtype":"float32","count":480,"bytes":377487360}]'
    site = (
        f'{{"predictions":480,"count":480,"bytes":377487360,"kinds":1,"tensors":{tensors},'
        f'"frames":[{",".join([frame] * 30)}]}}'
    )
    _insert(
        store,
        f"""INSERT INTO leak_traces ({event}, engine, predictions, loads, sites)
        SELECT {event}, 'tfjs', 500, 0, '[{site}]' FROM loads WHERE {_ROLL} % 100 = 0""",
        salt=7,
    )


def add_decided(store: Store) -> None:
    """Fills the tables that grow with time rather than with use: a month of runs, versions and findings."""
    _insert(
        store,
        """INSERT INTO decisions
        SELECT hex(sipHash128(run, app)), now64(3) - toIntervalSecond(900 * run), app, model, device_class, 4,
            if(sipHash64(run, device_class) % 3 = 0, 'committed', 'exploring'), 'webgl', 'original',
            'wasm-simd', 0.8, concat('{"reason": "faster", "evidence": "',
                repeat('{"arm": "webgl", "sessions": 120, "median_ms": 9.1}', 25),
                hex(sipHash64(run, device_class)), '"}')
        FROM (
            SELECT app, model, concat(form, '/', os, '/', browser, '/', gpu) AS device_class FROM windows
            WHERE app = 'video' GROUP BY app, model, device_class ORDER BY count() DESC LIMIT 120
        ) AS classes CROSS JOIN (SELECT number AS run FROM numbers({runs:UInt32})) AS runs
        SETTINGS max_insert_block_size = 20000, min_insert_block_size_rows = 20000""",
        runs=RUNS,
    )
    _insert(
        store,
        """INSERT INTO config_versions
        SELECT app, number + 1, now64(3) - toIntervalHour(500 - number), 'job', 'publish', '', true, 1.0,
            concat('{"', repeat('phone', 800), '": 1}'), ''
        FROM numbers(500) AS versions CROSS JOIN (SELECT DISTINCT app FROM base) AS apps""",
    )
    _insert(
        store,
        """INSERT INTO findings
        SELECT toString(sipHash64(app, number % 300)), 'tensor_leak', app, 'blazeface', '1.5.0', 'webgl', '',
            if(number % 5 = 0, 'open', 'resolved'), 'warning', now64(3) - toIntervalHour(number),
            now64(3) - toIntervalMinute(number), NULL, 'leaks', repeat('evidence', 100)
        FROM numbers(3000) AS findings CROSS JOIN (SELECT DISTINCT app FROM base) AS apps""",
    )
    _insert(
        store,
        """INSERT INTO app_versions
        SELECT concat('app-', toString(number % 500)), 1 + intDiv(number, 500),
            now64(3) - toIntervalHour(number), 'ada', 'set', '', false, ['https://shop.example'], 0.5, 30, '',
            repeat('{"key_id": "abcdef"}', 5)
        FROM numbers(5000)""",
    )
    _insert(
        store,
        """INSERT INTO key_uses SELECT concat('app-', toString(number % 500)), toString(number), today()
        FROM numbers(1500)""",
    )
    _insert(
        store,
        """INSERT INTO variants
        SELECT DISTINCT app, model, variant, '', 'tfjs', 1, 0.99, 0.9, now64(3), '' FROM base""",
    )
    _insert(
        store,
        """INSERT INTO variant_versions
        SELECT app, model, variant, 1 + number, now64(3) - toIntervalHour(number), 'ada', 'register', '',
            false, 'https://cdn.example/model.json', 'tfjs', 'float16', lower(hex(SHA256(variant))),
            lower(hex(SHA256(model))), 500000, 400000, lower(hex(SHA256(app))), 0.99, 0.9, 'top1', 5000,
            true, [], '{"wasm":{"accepted":true,"agrees":true,"refused_by":[]}}',
            repeat('{"path": "weights.bin"}', 50)
        FROM (SELECT DISTINCT app, model, variant FROM base) AS names CROSS JOIN numbers(20) AS versions
        WHERE variant != 'original'""",
    )
    _insert(
        store,
        """INSERT INTO model_versions
        SELECT app, model, 1 + number, now64(3) - toIntervalHour(number), 'ada', 'set_budget', '', 0.02
        FROM (SELECT DISTINCT app, model FROM base) AS names CROSS JOIN numbers(20) AS versions""",
    )


def merge_all(store: Store) -> None:
    """One part a week, so that rows read are exact and repeatable."""
    for table in SCHEMAS:
        store.execute(f"OPTIMIZE TABLE {table} FINAL")


def _insert(store: Store, sql: str, **parameters: int) -> None:
    began = time.perf_counter()
    store.execute(sql, parameters)
    print(f"{time.perf_counter() - began:6.1f} s  {' '.join(sql.split())[:60]}", file=sys.stderr)
