-- How did memory move with predictions in the newest sessions of every cohort of an app?
-- Every model of a chosen session is loaded, since numTensors counts for all of them. Points of one session are
-- bounded, so that a hostile one cannot fill the job's memory. GPU bytes are -1 where the backend tells none.
SELECT
    model,
    release,
    backend,
    variant,
    session,
    max(at) AS last_at,
    groupArrayArray(8192)(
        arrayMap(
            (predictions, tensors, bytes, gpu) -> (toInt64(predictions), toInt64(tensors), toInt64(bytes), gpu),
            memory_predictions,
            memory_tensors,
            memory_bytes,
            arrayResize(arrayMap(x -> toInt64(x), memory_gpu_bytes), length(memory_predictions), toInt64(-1))
        )
    ) AS points
FROM windows
WHERE app = {app:String}
    AND at >= {since:DateTime64(3, 'UTC')}
    AND notEmpty(memory_predictions)
    AND session IN (
        SELECT session
        FROM
        (
            SELECT model, release, backend, session
            FROM windows
            WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND notEmpty(memory_predictions)
            GROUP BY model, release, backend, session
            ORDER BY max(at) DESC, session
            LIMIT {sessions:UInt32} BY model, release, backend
        )
    )
GROUP BY model, release, backend, variant, session
ORDER BY model, release, backend, variant, session
