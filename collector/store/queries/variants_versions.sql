-- What was one variant, in one version or (0) in its newest ones? Newest first.
SELECT
    app, model, variant, version, created_at, author, action, note, removed, url, engine, kind, content_id, source_id,
    bytes, brotli_bytes, integrity, agreement, accuracy, accuracy_of, samples, accepted, refused_by, backends, metadata
FROM variant_versions
WHERE app = {app:String} AND model = {model:String} AND variant = {variant:String}
    AND ({version:UInt32} = 0 OR version = {version:UInt32})
ORDER BY version DESC
LIMIT {limit:UInt32}
