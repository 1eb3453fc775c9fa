-- What did each session do on each day with each arm of each model? One row is one vote of a decision.
-- ready_bucket is the bucket of the asked quantile of ready_ms, null when no result was seen to be ready.
-- abilities and incidents are sets, a bit each: see collector/jobs/recommend/visits.py.
-- Visits of a browser that a program drives are left out unless they are asked for.
-- A session-day is of the kind of device that it told last: a page may learn its GPU after its first report.
-- Of a cell (recommend_cells) that is in {cells} only session-days are read whose hash is at most its {limits}; at
-- most {votes} of each cell are answered. The hash has a secret of the store's own in it, so that no client can
-- choose to be read.
WITH
    (
        SELECT sipHash64(toString(uuid)) FROM system.tables WHERE database = currentDatabase() AND name = 'windows'
    ) AS secret
SELECT
    argMax(cell, told) AS cell,
    day,
    argMax(release, told) AS release,
    groupBitOr(able) AS abilities,
    sum(count) AS predictions,
    sum(failed) AS errors,
    if(
        sum(length(ready_buckets)) = 0,
        NULL,
        quantileExactWeightedArray({quantile:Float64})(ready_buckets, ready_counts)
    ) AS ready_bucket,
    avg(start) AS start_ms,
    groupBitOr(trouble) AS incidents
FROM
(
    SELECT
        cityHash64(model, variant, backend) AS arm,
        cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
        session,
        toDate(at) AS day,
        toString(release) AS release,
        toUnixTimestamp64Milli(received_at) + if(gpu = 'unknown', 0, 4611686018427387904) AS told,
        toUInt8(wasm_simd + 2 * wasm_threads + 4 * (webgl > 0) + 8 * webgpu) AS able,
        count,
        errors AS failed,
        ready_buckets,
        ready_counts,
        CAST(NULL, 'Nullable(Float64)') AS start,
        toUInt8(0) AS trouble
    FROM windows
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != ''
        AND sipHash64(session, day, secret)
            <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
    UNION ALL
    SELECT
        cityHash64(model, variant, backend) AS arm,
        cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
        session,
        toDate(at) AS day,
        toString(release) AS release,
        toUnixTimestamp64Milli(received_at) + if(gpu = 'unknown', 0, 4611686018427387904) AS told,
        toUInt8(wasm_simd + 2 * wasm_threads + 4 * (webgl > 0) + 8 * webgpu) AS able,
        0, 0, CAST([], 'Array(Int16)'), CAST([], 'Array(UInt32)'),
        toFloat64(load_ms) + ifNull(backend_init_ms, 0) + ifNull(first_prediction_ms, 0),
        0
    FROM loads
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != ''
        AND sipHash64(session, day, secret)
            <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
    UNION ALL
    SELECT
        cityHash64(model, variant, tried) AS arm,
        cityHash64(model, variant, tried, form, os, browser, gpu, memory_gb, cores) AS cell,
        session,
        toDate(at) AS day,
        toString(release) AS release,
        toUnixTimestamp64Milli(received_at) + if(gpu = 'unknown', 0, 4611686018427387904) AS told,
        toUInt8(wasm_simd + 2 * wasm_threads + 4 * (webgl > 0) + 8 * webgpu) AS able,
        0, 0, CAST([], 'Array(Int16)'), CAST([], 'Array(UInt32)'),
        CAST(NULL, 'Nullable(Float64)'),
        1
    FROM loads
    ARRAY JOIN fallback_backends AS tried
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != ''
        AND sipHash64(session, day, secret)
            <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
    UNION ALL
    SELECT
        cityHash64(model, variant, backend) AS arm,
        cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
        session,
        toDate(at) AS day,
        toString(release) AS release,
        toUnixTimestamp64Milli(received_at) + if(gpu = 'unknown', 0, 4611686018427387904) AS told,
        toUInt8(wasm_simd + 2 * wasm_threads + 4 * (webgl > 0) + 8 * webgpu) AS able,
        0, 0, CAST([], 'Array(Int16)'), CAST([], 'Array(UInt32)'),
        CAST(NULL, 'Nullable(Float64)'),
        transform(
            toString(kind), ['context_lost', 'device_lost', 'hang', 'wrong_output', 'out_of_memory'],
            [2, 4, 8, 16, 32], 0)
    FROM incidents
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != ''
        AND kind IN ('context_lost', 'device_lost', 'hang', 'wrong_output', 'out_of_memory')
        AND sipHash64(session, day, secret)
            <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
)
GROUP BY arm, session, day
ORDER BY sipHash64(session, day, secret), session
LIMIT {votes:UInt32} BY cell
