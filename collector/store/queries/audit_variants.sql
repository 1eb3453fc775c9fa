-- Who registered and removed variants? The newest changes (`asked`), and the versions before them to compare with;
-- metadata by its hash.
WITH newest AS (
    SELECT app, model, variant, version
    FROM variant_versions
    WHERE {app:String} = '' OR app = {app:String}
    ORDER BY created_at DESC, app, model, variant, version DESC
    LIMIT {limit:UInt32}
)
SELECT
    app, model, variant, version, created_at, author, action, note, removed, url, engine, kind, content_id, source_id,
    nullIf(bytes, 0) AS bytes, brotli_bytes, integrity, agreement, accuracy, accuracy_of, samples, accepted, refused_by,
    backends, if(metadata IN ('', '{}'), '', lower(hex(sipHash64(metadata)))) AS metadata,
    (app, model, variant, version) IN newest AS asked
FROM variant_versions
WHERE (app, model, variant, version) IN newest OR (app, model, variant, toUInt32(version + 1)) IN newest
