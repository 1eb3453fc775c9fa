-- How did each session of an app fare in a period, at most a day, with each arm of each model? One row is one vote.
-- ready, tail, start, frame and memory are buckets of the log histogram (contract/histogram.py), of milliseconds and
-- bytes; -32768: nothing was told. ready is the median of the session's predictions, tail their 90th percentile;
-- frame the time from one prediction to the next, that of the window in the middle when each counts by its
-- predictions. A window of fewer than ten says nothing of it: it may have been open without need.
-- Visits of a browser that a program drives are left out. A session is of the kind of device that it told last: a
-- page may learn its GPU, and a library's version, after its first report. At most {votes} of a cell are answered, a sample that no client can
-- choose to be in (the lot has a secret of the store's own in it); weight is how many sessions each stands for.
WITH
    (
        SELECT sipHash64(toString(uuid)) FROM system.tables WHERE database = currentDatabase() AND name = 'windows'
    ) AS secret,
    log(1.04) AS ratio
SELECT
    cell,
    at,
    ready,
    tail,
    start,
    frame,
    memory,
    errors,
    incidents,
    predictions,
    greatest(1., sessions / {votes:UInt32}) AS weight
FROM
(
    SELECT
        lot,
        cell,
        at,
        if(empty(sorted), toInt16(-32768), toInt16(toInt32(bitShiftRight(sorted[arrayFirstIndex(
            reached -> reached >= ceil(0.5 * arraySum(weights)), arrayCumSum(weights)
        )], 32)) - 32768)) AS ready,
        if(empty(sorted), toInt16(-32768), toInt16(toInt32(bitShiftRight(sorted[arrayFirstIndex(
            reached -> reached >= ceil(0.9 * arraySum(weights)), arrayCumSum(weights)
        )], 32)) - 32768)) AS tail,
        start,
        if(empty(paces), toInt16(-32768), toInt16(toInt32(bitShiftRight(paces[arrayFirstIndex(
            reached -> reached >= ceil(0.5 * arraySum(pace_weights)), arrayCumSum(pace_weights)
        )], 32)) - 32768)) AS frame,
        memory,
        errors,
        incidents,
        predictions,
        count() OVER (PARTITION BY cell) AS sessions
    FROM
    (
        SELECT
            lot,
            argMax(kind, told) AS cell,
            toUnixTimestamp64Milli(min(first_at)) / 1000 AS at,
            -- A bucket in the upper half of a number and its count in the lower: sorted many times faster than pairs.
            arraySort(groupArrayArray(ready_points)) AS sorted,
            arrayMap(each -> bitAnd(each, 4294967295), sorted) AS weights,
            toInt16(ifNull(floor(log(greatest(avg(start_ms), 0.001)) / ratio), -32768)) AS start,
            arraySort(groupArrayArray(pace)) AS paces,
            arrayMap(each -> bitAnd(each, 4294967295), paces) AS pace_weights,
            arraySort(groupArrayArray(held)) AS bytes,
            if(empty(bytes), toInt16(-32768), toInt16(floor(
                log(greatest(bytes[intDiv(length(bytes) + 1, 2)], 1)) / ratio
            ))) AS memory,
            sum(failed) > 0 AS errors,
            max(trouble) > 0 AS incidents,
            toFloat64(sum(made)) AS predictions
        FROM
        (
            SELECT
                sipHash64(session, secret) AS lot,
                cityHash64(model, variant, backend) AS arm,
                cityHash64(
                    model, variant, backend, gpu, os, browser, form, memory_gb, cores, release, browser_major,
                    engine_version, model_release
                ) AS kind,
                at AS first_at,
                toUnixTimestamp64Milli(received_at) + if(gpu = 'unknown', 0, 4611686018427387904)
                    + if(engine_version = '' AND model_release = '', 0, 2305843009213693952) AS told,
                arrayMap(
                    (bucket, n) -> bitShiftLeft(toUInt64(bucket + 32768), 32) + n, ready_buckets, ready_counts
                ) AS ready_points,
                CAST(NULL, 'Nullable(Float64)') AS start_ms,
                if(count >= 10 AND duration_ms > 0, [
                    bitShiftLeft(toUInt64(toInt32(floor(log(duration_ms / count) / ratio)) + 32768), 32) + count
                ], []) AS pace,
                memory_bytes AS held,
                errors AS failed,
                toUInt8(0) AS trouble,
                count AS made
            FROM windows
            WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
                AND NOT automated AND model != ''
            UNION ALL
            SELECT
                sipHash64(session, secret),
                cityHash64(model, variant, backend),
                cityHash64(
                    model, variant, backend, gpu, os, browser, form, memory_gb, cores, release, browser_major,
                    engine_version, model_release
                ),
                at,
                toUnixTimestamp64Milli(received_at) + if(gpu = 'unknown', 0, 4611686018427387904)
                    + if(engine_version = '' AND model_release = '', 0, 2305843009213693952),
                CAST([], 'Array(UInt64)'),
                toFloat64(load_ms) + ifNull(backend_init_ms, 0) + ifNull(first_prediction_ms, 0),
                CAST([], 'Array(UInt64)'),
                CAST([], 'Array(UInt64)'),
                0, 0, 0
            FROM loads
            WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
                AND NOT automated AND model != ''
            UNION ALL
            SELECT
                sipHash64(session, secret),
                cityHash64(model, variant, backend),
                cityHash64(
                    model, variant, backend, gpu, os, browser, form, memory_gb, cores, release, browser_major,
                    engine_version, model_release
                ),
                at,
                toUnixTimestamp64Milli(received_at) + if(gpu = 'unknown', 0, 4611686018427387904)
                    + if(engine_version = '' AND model_release = '', 0, 2305843009213693952),
                CAST([], 'Array(UInt64)'),
                CAST(NULL, 'Nullable(Float64)'),
                CAST([], 'Array(UInt64)'),
                CAST([], 'Array(UInt64)'),
                0, 1, 0
            FROM incidents
            WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
                AND NOT automated AND model != ''
                AND kind NOT IN ('error', 'fallback', 'software_backend', 'sdk_error')
        )
        GROUP BY lot, arm
    )
)
ORDER BY lot, cell
LIMIT {votes:UInt32} BY cell
