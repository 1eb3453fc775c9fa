-- How many session-days did each kind of device run each arm of each model? One row is one cell, counted to 1 %.
-- An arm counts where it was tried and did not start, too. ``cell`` names a cell in recommend_visits.
SELECT
    cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
    model,
    variant,
    backend,
    form,
    os,
    browser,
    gpu,
    memory_gb,
    cores,
    uniqCombined64(14)(session, day) AS session_days
FROM
(
    SELECT model, variant, toString(backend) AS backend, form, os, browser, gpu, memory_gb, cores, session, toDate(at) AS day
    FROM windows
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated)
    UNION ALL
    SELECT model, variant, tried, form, os, browser, gpu, memory_gb, cores, session, toDate(at)
    FROM loads
    ARRAY JOIN arrayPushFront(fallback_backends, toString(backend)) AS tried
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated)
    UNION ALL
    SELECT model, variant, toString(backend), form, os, browser, gpu, memory_gb, cores, session, toDate(at)
    FROM incidents
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated)
        AND kind IN ('context_lost', 'device_lost', 'hang', 'wrong_output', 'out_of_memory')
)
WHERE model != ''
GROUP BY model, variant, backend, form, os, browser, gpu, memory_gb, cores
ORDER BY model, variant, backend, form, os, browser, gpu, memory_gb, cores
