"""A store for the scale benchmark: two weeks of a large fleet's sessions, made by the engine itself."""

from datetime import UTC, datetime, timedelta

from collector.contract.class_plan import ClassPlan, Plans
from collector.contract.config_document import Arm
from collector.contract.device_class import leaf
from collector.contract.vocabulary import Backend
from collector.jobs.publish.versions import ConfigVersion, append
from collector.store import Store

APP = "fleet"
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
DAYS = 14
MODELS = ("blazeface", "liveness", "segmenter")
CHUNK = 1_000_000

BACKENDS = ("wasm-simd-threads", "webgl", "webgpu", "wasm-simd", "cpu")
KINDS = 384
MOST, REST = 0.92, 0.02
"""Of a kind's sessions, what its own arm has, and what each of the other four has."""

# Kinds of device: 6 of form and system, 4 browsers, 8 GPU families, 2 sizes of memory; 384 leaf classes whose
# sizes differ a hundredfold. A session's device and arm follow from its hash, so that the engine makes a
# million in seconds.
_SESSION = """
    SELECT
        number + {first:UInt64} AS nth,
        sipHash64(nth) AS roll,
        -- The square of a uniform number: most sessions are on few kinds of device.
        pow((roll % 65536) / 65536, 2) AS skewed,
        toUInt32(skewed * 384) AS kind,
        toUnixTimestamp({until:DateTime('UTC')}) - 3600
            - intDiv(roll, 65536) % ({days:UInt32} * 86400 - 7200) AS began
    FROM numbers({count:UInt64})
"""
_EVENT = """
    {app:String} AS app,
    fromUnixTimestamp64Milli(toInt64(began) * 1000 + bitAnd(roll, 511), 'UTC') AS at,
    fromUnixTimestamp64Milli(toInt64(began) * 1000 + 60000 + bitAnd(roll, 1023), 'UTC') AS received_at,
    concat('1.', toString(intDiv(toUnixTimestamp({until:DateTime('UTC')}) - began, 432000))) AS release,
    substring(base64URLEncode(sipHash128(nth)), 1, 22) AS session,
    substring(base64URLEncode(sipHash128(nth, 1)), 1, 22) AS batch_id,
    '0.2.0' AS sdk,
    ['windows', 'macos', 'linux', 'android', 'ios', 'chromeos'][1 + kind % 6] AS os,
    ['chromium', 'edge', 'firefox', 'safari'][1 + intDiv(kind, 6) % 4] AS browser,
    130 AS browser_major,
    if(kind % 6 IN (3, 4), 'mobile', 'desktop') AS form,
    ['intel-gen12', 'nvidia-ampere', 'apple', 'adreno-6', 'mali-g7', 'amd-rdna2', 'intel-gen9',
        'nvidia-turing'][1 + intDiv(kind, 24) % 8] AS gpu,
    if(intDiv(kind, 192) = 0, 4, 8) AS memory_gb,
    8 AS cores,
    true AS wasm_simd, kind % 3 != 0 AS wasm_threads, 2 AS webgl, intDiv(kind, 6) % 4 < 2 AS webgpu,
    false AS automated, toInt64(0) AS clock_skew_ms,
    ['blazeface', 'liveness', 'segmenter'][1 + intDiv(roll, 128) % 3] AS model,
    'original' AS variant,
    -- What plans give: one arm most of the installs, the others a few hundredths.
    intDiv(roll, 4096) % 100 AS draw,
    multiIf(draw < 90, intDiv(kind, 24) % 3, draw % 5) AS arm,
    ['wasm-simd-threads', 'webgl', 'webgpu', 'wasm-simd', 'cpu'][1 + arm] AS backend,
    true AS steerable
"""
# Milliseconds: the arm's, the device's, and the session's own (log-normal, from two halves of a hash).
_MS = """
    [8., 14., 10., 17., 120.][1 + arm] * exp(0.4 * (intDiv(kind, 24) % 8 - 4) / 4)
    * exp(0.5 * sqrt(-2 * log((1 + sipHash64(nth, 2) % 1000000) / 1000001))
        * cos(6.283185307 * (sipHash64(nth, 3) % 1000000) / 1000000)) AS ms
"""


def add_sessions(store: Store, first: int, count: int) -> None:
    """Adds sessions numbered from ``first``: each a load, a window, an exposure; 1 in 100 an incident."""
    for start in range(first, first + count, CHUNK):
        given = {
            "first": start,
            "count": min(CHUNK, first + count - start),
            "app": APP,
            "until": NOW,
            "days": DAYS,
        }
        for sql in (_WINDOWS, _LOADS, _EXPOSURES, _INCIDENTS):
            store.execute(sql, given)


def settle(store: Store) -> None:
    """Has the engine merge what came in."""
    for table in ("windows", "loads", "exposures", "incidents"):
        store.execute(f"OPTIMIZE TABLE {table} FINAL")


def publish_plans(store: Store) -> None:
    """Publishes, before the first session, what the sessions follow: a plan for each kind of device."""
    append(
        store,
        ConfigVersion(
            app=APP,
            version=7,
            created_at=lookback_start() - timedelta(days=1),
            author="bench",
            action="publish",
            note="",
            enabled=True,
            sample_rate=1.0,
            plans=_plans(),
        ),
    )


def _plans() -> Plans:
    plans: Plans = {}
    for kind in range(KINDS):
        best = kind // 24 % 3
        shares = [MOST if arm == best else REST for arm in range(len(BACKENDS))]
        arms = [
            Arm(backend=Backend(name), probability=share)
            for name, share in zip(BACKENDS, shares, strict=True)
        ]
        plan = ClassPlan(arms=arms, fallbacks=[Backend(BACKENDS[best]), Backend.WEBGL, Backend.CPU])
        plans[leaf(_facts(kind)).key] = dict.fromkeys(MODELS, plan)
    return plans


def _facts(kind: int) -> dict[str, object]:
    """The facts of a kind, as the query makes them."""
    systems = ("windows", "macos", "linux", "android", "ios", "chromeos")
    families = (
        "intel-gen12",
        "nvidia-ampere",
        "apple",
        "adreno-6",
        "mali-g7",
        "amd-rdna2",
        "intel-gen9",
        "nvidia-turing",
    )
    return {
        "form": "mobile" if kind % 6 in {3, 4} else "desktop",
        "os": systems[kind % 6],
        "browser": ("chromium", "edge", "firefox", "safari")[kind // 6 % 4],
        "gpu": families[kind // 24 % 8],
        "memory_gb": 4 if kind // 192 == 0 else 8,
        "cores": 8,
    }


def lookback_start() -> datetime:
    """From when on the sessions are."""
    return NOW - timedelta(days=DAYS)


_NAMES = """app, at, received_at, release, session, batch_id, sdk, os, browser, browser_major, form, gpu,
    memory_gb, cores, wasm_simd, wasm_threads, webgl, webgpu, automated, clock_skew_ms, model, variant,
    backend, steerable"""
_WINDOWS = f"""
INSERT INTO windows ({_NAMES}, engine, duration_ms, count, errors, ready_buckets, ready_counts, ready_method)
SELECT {_NAMES}, 'tfjs', 60000, 60 + roll % 400, if(roll % 997 = 0, 3, 0),
    arrayMap(step -> toInt16(floor(log(ms) / log(1.04)) + step), range(-4, 5)),
    arrayMap(step -> toUInt32(1 + (60 + roll % 400) * exp(-step * step / 6.) / 4.3), range(-4, 5)), 'gpu_read'
FROM (SELECT *, {_MS} FROM (SELECT *, {_EVENT} FROM ({_SESSION})))
"""
_LOADS = f"""
INSERT INTO loads ({_NAMES}, engine, load_ms, backend_init_ms, first_prediction_ms, fallback_backends,
    fallback_errors)
SELECT {_NAMES}, 'tfjs', 200 + roll % 900, 5 + roll % 200, 20 + 5 * ms,
    if(roll % 400 = 0, ['webgpu'], []), if(roll % 400 = 0, ['NoAdapter'], [])
FROM (SELECT *, {_MS} FROM (SELECT *, {_EVENT} FROM ({_SESSION})))
"""
_EXPOSURES = f"""
INSERT INTO exposures ({_NAMES}, source, config_version, device_class, probability)
SELECT {_NAMES}, if(draw = 99, 'default', 'config'), 7, '*', 0.9 FROM (SELECT *, {_EVENT} FROM ({_SESSION}))
"""
_INCIDENTS = f"""
INSERT INTO incidents ({_NAMES}, kind, count, error)
SELECT {_NAMES}, ['error', 'fallback', 'context_lost', 'hang'][1 + roll % 4], 1, 'RangeError'
FROM (SELECT *, {_EVENT} FROM ({_SESSION})) WHERE sipHash64(nth, 4) % 100 = 0
"""
