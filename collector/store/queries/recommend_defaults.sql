-- Which backend did sessions without any config run, per device and model? The engine's own pick.
SELECT model, backend, form, os, browser, gpu, memory_gb, cores, uniqExact(session) AS sessions
FROM exposures
WHERE app = {app:String} AND source = 'default'
    AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
    AND ({include_automated:Bool} OR NOT automated)
GROUP BY model, backend, form, os, browser, gpu, memory_gb, cores
ORDER BY model, backend, form, os, browser, gpu, memory_gb, cores
