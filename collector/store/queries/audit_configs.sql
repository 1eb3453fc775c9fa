-- Who changed configs? With each version what the one before it was; plans by their hash.
SELECT
    app, version, created_at, author, action, note, enabled,
    lower(hex(sipHash64(plans))) AS plans_hash,
    lagInFrame(enabled) OVER before AS enabled_before,
    lagInFrame(plans_hash) OVER before AS plans_hash_before
FROM config_versions
WHERE {app:String} = '' OR app = {app:String}
WINDOW before AS (PARTITION BY app ORDER BY version ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
ORDER BY created_at DESC, app, version DESC
LIMIT {limit:UInt32}
