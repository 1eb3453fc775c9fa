-- What did each session do on each day with each arm of one model? One row is one vote of a decision.
-- ready_bucket is the bucket of the asked quantile of ready_ms, null when no result was seen to be ready.
-- abilities and incidents are sets, a bit each: see collector/jobs/recommend/reading/visits.py.
-- versions are those of the browser (its major), the engine and the SDK, with tabs between; seen_at is in ms.
-- Visits of a browser that a program drives are left out unless they are asked for.
-- A session-day is of the kind of device that it told last: a page may learn its GPU after its first report.
-- Of a cell (recommend_cells) that is in {cells} only session-days are read whose lot is at most its {limits}; at
-- most {votes} of each cell are answered. A lot has a secret of the store's own in it, so that no client can choose
-- to be read.
WITH
    (
        SELECT sipHash64(toString(uuid)) FROM system.tables WHERE database = currentDatabase() AND name = 'windows'
    ) AS secret
SELECT
    cell,
    day,
    release,
    abilities,
    predictions,
    errors,
    if(
        empty(sorted),
        NULL,
        toInt32(bitShiftRight(sorted[arrayFirstIndex(
            reached -> reached >= ceil({quantile:Float64} * arraySum(weights)), arrayCumSum(weights)
        )], 32)) - 32768
    ) AS ready_bucket,
    start_ms,
    incidents,
    seen_at,
    versions
FROM
(
    SELECT
        lot,
        any(day) AS day,
        argMax(cell, told) AS cell,
        argMax(release, told) AS release,
        groupBitOr(able) AS abilities,
        sum(count) AS predictions,
        sum(failed) AS errors,
        -- A bucket in the upper half of a number and its count in the lower: sorted many times faster than pairs.
        arraySort(groupArrayArray(ready)) AS sorted,
        arrayMap(each -> bitAnd(each, 4294967295), sorted) AS weights,
        avg(start) AS start_ms,
        groupBitOr(trouble) AS incidents,
        min(arrived) AS seen_at,
        argMaxIf(ran_on, told, ran_on != '') AS versions
    FROM
    (
        SELECT
            sipHash64(session, toDate(at), secret) AS lot,
            cityHash64(variant, backend) AS arm,
            cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
            toDate(at) AS day,
            toString(release) AS release,
            toUnixTimestamp64Milli(received_at) AS arrived,
            concat(toString(browser_major), '\t', engine, '\t', sdk) AS ran_on,
            arrived + if(gpu = 'unknown', 0, 4611686018427387904) AS told,
            toUInt8(wasm_simd + 2 * wasm_threads + 4 * (webgl > 0) + 8 * webgpu) AS able,
            count,
            errors AS failed,
            arrayMap(
                (bucket, n) -> bitShiftLeft(toUInt64(bucket + 32768), 32) + n, ready_buckets, ready_counts
            ) AS ready,
            CAST(NULL, 'Nullable(Float64)') AS start,
            toUInt8(0) AS trouble
        FROM windows
        WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
            AND ({include_automated:Bool} OR NOT automated) AND model = {model:String}
            AND lot <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
        UNION ALL
        SELECT
            sipHash64(session, toDate(at), secret) AS lot,
            cityHash64(variant, backend) AS arm,
            cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
            toDate(at) AS day,
            toString(release) AS release,
            toUnixTimestamp64Milli(received_at) AS arrived,
            concat(toString(browser_major), '\t', engine, '\t', sdk) AS ran_on,
            arrived + if(gpu = 'unknown', 0, 4611686018427387904) AS told,
            toUInt8(wasm_simd + 2 * wasm_threads + 4 * (webgl > 0) + 8 * webgpu) AS able,
            0, 0, CAST([], 'Array(UInt64)'),
            toFloat64(load_ms) + ifNull(backend_init_ms, 0) + ifNull(first_prediction_ms, 0),
            0
        FROM loads
        WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
            AND ({include_automated:Bool} OR NOT automated) AND model = {model:String}
            AND lot <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
        UNION ALL
        SELECT
            sipHash64(session, toDate(at), secret) AS lot,
            cityHash64(tried_variant, tried) AS arm,
            cityHash64(model, tried_variant, tried, form, os, browser, gpu, memory_gb, cores) AS cell,
            toDate(at) AS day,
            toString(release) AS release,
            toUnixTimestamp64Milli(received_at) AS arrived,
            concat(toString(browser_major), '\t', engine, '\t', sdk) AS ran_on,
            arrived + if(gpu = 'unknown', 0, 4611686018427387904) AS told,
            toUInt8(wasm_simd + 2 * wasm_threads + 4 * (webgl > 0) + 8 * webgpu) AS able,
            0, 0, CAST([], 'Array(UInt64)'),
            CAST(NULL, 'Nullable(Float64)'),
            1
        FROM loads
        ARRAY JOIN
            fallback_backends AS tried,
            -- Rows from before this was told have none: the variant that ran in its place.
            arrayResize(fallback_variants, length(fallback_backends), toString(variant)) AS tried_variant
        WHERE notEmpty(fallback_backends) AND app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
            AND ({include_automated:Bool} OR NOT automated) AND model = {model:String}
            AND lot <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
        UNION ALL
        SELECT
            sipHash64(session, toDate(at), secret) AS lot,
            cityHash64(variant, backend) AS arm,
            cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
            toDate(at) AS day,
            toString(release) AS release,
            toUnixTimestamp64Milli(received_at) AS arrived,
            '' AS ran_on,
            arrived + if(gpu = 'unknown', 0, 4611686018427387904) AS told,
            toUInt8(wasm_simd + 2 * wasm_threads + 4 * (webgl > 0) + 8 * webgpu) AS able,
            0, 0, CAST([], 'Array(UInt64)'),
            CAST(NULL, 'Nullable(Float64)'),
            transform(
                toString(kind), ['context_lost', 'device_lost', 'hang', 'wrong_output', 'out_of_memory', 'killed'],
                [2, 4, 8, 16, 32, 64], 0)
        FROM incidents
        WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
            AND ({include_automated:Bool} OR NOT automated) AND model = {model:String}
            AND kind IN ('context_lost', 'device_lost', 'hang', 'wrong_output', 'out_of_memory', 'killed')
            AND phase != 'unknown' -- a browser's crash report knows of no model
            AND lot <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
    )
    GROUP BY lot, arm
    ORDER BY lot, arm
    LIMIT {votes:UInt32} BY cell
)
