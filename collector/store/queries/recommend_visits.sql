-- What did each session do on each day with each arm of each model? One row is one vote of a decision.
-- ready_bucket is the bucket of the asked quantile of ready_ms, null when no result was seen to be ready.
-- Visits of a browser that a program drives are left out unless they are asked for.
-- A leaf class and arm with more session-days than {votes:UInt32} is sampled by a hash of the session and of the
-- collector's own clock at its first item, which a client cannot choose.
SELECT
    model,
    variant,
    backend,
    form,
    os,
    browser,
    gpu,
    memory_gb,
    cores,
    day,
    any(toString(release)) AS release,
    max(wasm_simd) AS has_simd,
    max(wasm_threads) AS has_threads,
    max(webgl) AS has_webgl,
    max(webgpu) AS has_webgpu,
    sum(predictions) AS predictions,
    sum(failed) AS errors,
    if(
        sum(length(ready_buckets)) = 0,
        NULL,
        quantileExactWeightedArray({quantile:Float64})(ready_buckets, ready_counts)
    ) AS ready_bucket,
    avg(start) AS start_ms,
    arraySort(groupUniqArrayArray(kinds)) AS incidents
FROM
(
    SELECT
        model, toString(variant) AS variant, toString(backend) AS backend,
        form, os, browser, gpu, memory_gb, cores, wasm_simd, wasm_threads, webgl, webgpu, release,
        session, toDate(at) AS day, received_at,
        count AS predictions, errors AS failed, ready_buckets, ready_counts,
        CAST(NULL, 'Nullable(Float64)') AS start, CAST([], 'Array(String)') AS kinds
    FROM windows
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated)
    UNION ALL
    SELECT
        model, toString(variant), toString(backend),
        form, os, browser, gpu, memory_gb, cores, wasm_simd, wasm_threads, webgl, webgpu, release,
        session, toDate(at), received_at,
        0, 0, CAST([], 'Array(Int16)'), CAST([], 'Array(UInt32)'),
        toFloat64(load_ms) + ifNull(backend_init_ms, 0) + ifNull(first_prediction_ms, 0), CAST([], 'Array(String)')
    FROM loads
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated)
    UNION ALL
    SELECT
        model, toString(variant), tried,
        form, os, browser, gpu, memory_gb, cores, wasm_simd, wasm_threads, webgl, webgpu, release,
        session, toDate(at), received_at,
        0, 0, CAST([], 'Array(Int16)'), CAST([], 'Array(UInt32)'),
        CAST(NULL, 'Nullable(Float64)'), ['not_started']
    FROM loads
    ARRAY JOIN fallback_backends AS tried
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated)
    UNION ALL
    SELECT
        model, toString(variant), toString(backend),
        form, os, browser, gpu, memory_gb, cores, wasm_simd, wasm_threads, webgl, webgpu, release,
        session, toDate(at), received_at,
        0, 0, CAST([], 'Array(Int16)'), CAST([], 'Array(UInt32)'),
        CAST(NULL, 'Nullable(Float64)'), [toString(kind)]
    FROM incidents
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated)
        AND kind IN ('context_lost', 'device_lost', 'hang', 'wrong_output', 'out_of_memory')
)
WHERE model != ''
GROUP BY model, variant, backend, form, os, browser, gpu, memory_gb, cores, session, day
ORDER BY sipHash64(session, min(received_at), day), session
LIMIT {votes:UInt32} BY model, variant, backend, form, os, browser, gpu, memory_gb, cores
