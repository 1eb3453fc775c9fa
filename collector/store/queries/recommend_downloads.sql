-- What did loading a model cost each session on each day, in bytes and ms, and did it come from a cache? One row is one
-- session-day of a model on one kind of device, whatever its arms: one vote, however many loads it tells.
-- bytes and ms are those of its largest download, null where it downloaded less than {least} or did not tell; cached is
-- the share of its loads that came from a cache, null where the browser did not tell; cached_ms is the longest of those.
-- Of {models} only; of a cell (recommend_cells) that is in {cells}, session-days whose lot is at most its {limits}.
-- A lot has a secret of the store's own in it, so that no client can choose to be read.
WITH
    (
        SELECT sipHash64(toString(uuid)) FROM system.tables WHERE database = currentDatabase() AND name = 'windows'
    ) AS secret
SELECT
    any(cell) AS cell,
    argMaxIf(load_ms, fetched, fetched >= {least:Float64}) AS ms,
    nullIf(maxIf(fetched, fetched >= {least:Float64}), 0) AS bytes,
    avg(hit) AS cached,
    nullIf(maxIf(load_ms, hit = 1), 0) AS cached_ms
FROM
(
    SELECT
        sipHash64(session, toDate(at), secret) AS lot,
        cityHash64(model, variant, backend, form, os, browser, gpu, memory_gb, cores) AS cell,
        cityHash64(model, form, os, browser, gpu, memory_gb, cores) AS place,
        toFloat64(load_ms) AS load_ms,
        if(ifNull(cache_hit, true), 0, toFloat64(ifNull(download_bytes, 0))) AS fetched,
        toFloat64(cache_hit) AS hit
    FROM loads
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND has({models:Array(String)}, model)
        AND cache_hit IS NOT NULL
        AND lot <= transform(cell, {cells:Array(UInt64)}, {limits:Array(UInt64)}, toUInt64(18446744073709551615))
)
GROUP BY lot, place
ORDER BY lot, place
