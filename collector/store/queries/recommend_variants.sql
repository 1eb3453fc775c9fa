-- What is known of each variant of an app's models, removed ones too? The newest version of its registration; of a variant
-- that was never registered by a command, the last row of a user's own SQL.
SELECT model, variant, removed, url, integrity, bytes, brotli_bytes, agreement, accuracy, accuracy_of, accepted, refused_by, backends
FROM variant_versions
WHERE app = {app:String}
ORDER BY model, variant, version DESC
LIMIT 1 BY model, variant
UNION ALL
SELECT
    model, variant,
    false AS removed,
    argMax(url, registered_at) AS url,
    '' AS integrity,
    argMax(bytes, registered_at) AS bytes,
    NULL AS brotli_bytes,
    argMax(tuple(agreement), registered_at).1 AS agreement,
    argMax(tuple(accuracy), registered_at).1 AS accuracy,
    '' AS accuracy_of,
    NULL AS accepted,
    [] AS refused_by,
    '' AS backends
FROM variants
WHERE app = {app:String}
    AND (model, variant) NOT IN (SELECT model, variant FROM variant_versions WHERE app = {app:String})
GROUP BY model, variant
