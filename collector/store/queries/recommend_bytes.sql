-- How many bytes does a page download of each variant of an app's models? The median over session-days that did not
-- have the files in their cache; of one with several loads, the largest.
-- Of a model and variant that is in {names} (model, a space, variant) only session-days are read whose lot is at most
-- its {largest}. A lot has a secret of the store's own in it, so that no client can choose to be read.
WITH
    (
        SELECT sipHash64(toString(uuid)) FROM system.tables WHERE database = currentDatabase() AND name = 'windows'
    ) AS secret
SELECT model, variant, toFloat64(quantileExactLow(0.5)(most)) AS bytes
FROM
(
    SELECT model, variant, sipHash64(session, toDate(at), secret) AS lot, max(assumeNotNull(download_bytes)) AS most
    FROM loads
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated) AND model != '' AND download_bytes > 0 AND NOT cache_hit
        AND lot <= transform(
            concat(model, ' ', variant), {names:Array(String)}, {largest:Array(UInt64)}, toUInt64(18446744073709551615)
        )
    GROUP BY model, variant, lot
)
GROUP BY model, variant
ORDER BY model, variant
