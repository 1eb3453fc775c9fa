-- Who changed apps and keys? The newest changes (`asked`), and the versions before them to compare with.
WITH newest AS (
    SELECT app, version
    FROM app_versions
    WHERE {app:String} = '' OR app = {app:String}
    ORDER BY created_at DESC, app, version DESC
    LIMIT {limit:UInt32}
)
SELECT
    app, version, created_at, author, action, note, removed, origins, sample_rate, retention_days, objective, owner, keys,
    (app, version) IN newest AS asked
FROM app_versions
WHERE (app, version) IN newest OR (app, toUInt32(version + 1)) IN newest
