-- How did memory move with predictions in these sessions of an app?
-- Every model of a session is loaded, since numTensors counts for all of them. Points of one session are
-- bounded, so that a hostile one cannot fill the job's memory. The second of a point says which model of its
-- name made it; the last three are -1 where the backend does not tell.
SELECT
    model,
    release,
    backend,
    variant,
    session,
    max(at) AS last_at,
    sum(duration_ms) AS duration_ms,
    sum(count) AS made,
    argMax(toString(form), at) AS form,
    argMax(toString(os), at) AS os,
    argMax(toString(browser), at) AS browser,
    groupArrayArray(8192)(
        arrayMap(
            (predictions, tensors, bytes, gpu, allocated, heap) ->
                (toInt64(predictions), toInt64(nth_load), toInt64(tensors), toInt64(bytes), gpu, allocated, heap),
            memory_predictions,
            memory_tensors,
            memory_bytes,
            arrayResize(arrayMap(x -> toInt64(x), memory_gpu_bytes), length(memory_predictions), toInt64(-1)),
            arrayResize(arrayMap(x -> toInt64(x), memory_gpu_allocated_bytes), length(memory_predictions), toInt64(-1)),
            arrayResize(arrayMap(x -> toInt64(x), memory_heap_bytes), length(memory_predictions), toInt64(-1))
        )
    ) AS points
FROM windows
WHERE app = {app:String}
    AND at >= {since:DateTime64(3, 'UTC')}
    AND notEmpty(memory_predictions)
    AND session IN {chosen:Array(String)}
GROUP BY model, release, backend, variant, session
ORDER BY model, release, backend, variant, session
