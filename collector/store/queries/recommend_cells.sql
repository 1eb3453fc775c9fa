-- How many session-days did each kind of device run each arm of each model? One row is one cell, by the number that
-- recommend_visits is asked with. An arm counts where it was tried and did not start, too.
-- There are at most ``items`` session-days, and about eight times ``sampled`` that have a window.
SELECT
    cell,
    any(model) AS model,
    any(variant) AS variant,
    any(backend) AS backend,
    any(form) AS form,
    any(os) AS os,
    any(browser) AS browser,
    any(gpu) AS gpu,
    any(memory_gb) AS memory_gb,
    any(cores) AS cores,
    count() AS items,
    uniqCombined64If(14)(lot, lot < 2305843009213693952) AS sampled
FROM
(
    SELECT
        cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
        model, variant, backend, form, os, browser, gpu, memory_gb, cores, sipHash64(session, toDate(at)) AS lot
    FROM windows
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != ''
    UNION ALL
    -- A session that loads a model mostly has a window, too, and is counted there.
    SELECT
        cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
        model, variant, backend, form, os, browser, gpu, memory_gb, cores, toUInt64(18446744073709551615)
    FROM loads
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != ''
    UNION ALL
    SELECT
        cityHash64(model, tried_variant, tried, form, os, browser, gpu, memory_gb, cores) AS cell,
        model, tried_variant, tried, form, os, browser, gpu, memory_gb, cores, sipHash64(session, toDate(at))
    FROM loads
    ARRAY JOIN
        fallback_backends AS tried,
        -- Rows from before this was told have none: the variant that ran in its place.
        arrayResize(fallback_variants, length(fallback_backends), toString(variant)) AS tried_variant
    WHERE notEmpty(fallback_backends) AND app = {app:String}
        AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != ''
    UNION ALL
    SELECT
        cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
        model, variant, backend, form, os, browser, gpu, memory_gb, cores, sipHash64(session, toDate(at)) AS lot
    FROM incidents
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != ''
        AND kind IN ('context_lost', 'device_lost', 'hang', 'wrong_output', 'out_of_memory', 'killed')
        AND phase != 'unknown' -- a browser's crash report knows of no model
)
GROUP BY cell
ORDER BY cell
