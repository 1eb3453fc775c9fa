-- Who recorded and removed canaries? The newest changes (`asked`), and the versions before them to compare with; what is in
-- them by its hash.
WITH newest AS (
    SELECT app, model, version
    FROM canary_versions
    WHERE {app:String} = '' OR app = {app:String}
    ORDER BY created_at DESC, app, model, version DESC
    LIMIT {limit:UInt32}
)
SELECT
    app, model, version, created_at, author, action, note, removed, canary_id,
    lower(hex(sipHash64(canary, contents, evidence))) AS canary_hash,
    (app, model, version) IN newest AS asked
FROM canary_versions
WHERE (app, model, version) IN newest OR (app, model, toUInt32(version + 1)) IN newest
