-- Of which kind of device, model, arm and versions were the session-days of an app in a period?
-- One row is one cell, by the number that regressions_votes answers. A further axis of versions is one column here,
-- and in the hashes there.
SELECT DISTINCT
    cityHash64(
        model, variant, backend, gpu, os, browser, form, memory_gb, cores, release, browser_major,
        engine_version, model_release
    ) AS cell,
    app, model, variant, backend, gpu, os, browser, form, memory_gb, cores, release, browser_major,
    engine_version, model_release
FROM
(
    SELECT
        app, model, variant, backend, gpu, os, browser, form, memory_gb, cores, release, browser_major,
        engine_version, model_release
    FROM windows
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND NOT automated AND model != ''
    UNION ALL
    SELECT
        app, model, variant, backend, gpu, os, browser, form, memory_gb, cores, release, browser_major,
        engine_version, model_release
    FROM loads
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND NOT automated AND model != ''
    UNION ALL
    SELECT
        app, model, variant, backend, gpu, os, browser, form, memory_gb, cores, release, browser_major,
        engine_version, model_release
    FROM incidents
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND NOT automated AND model != ''
)
ORDER BY cell
