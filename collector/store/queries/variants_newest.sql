-- Which variants does an app register, or one of its models? The newest version of each, of removed ones too.
SELECT
    app, model, variant, version, created_at, author, action, note, removed, url, engine, kind, content_id, source_id,
    bytes, brotli_bytes, integrity, agreement, accuracy, accuracy_of, samples, accepted, refused_by, backends, metadata
FROM variant_versions
WHERE app = {app:String} AND ({model:String} = '' OR model = {model:String})
ORDER BY model, variant, version DESC
LIMIT 1 BY model, variant
