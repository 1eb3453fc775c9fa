-- What is known of each variant of an app's models? The last registration wins.
SELECT
    model,
    variant,
    argMax(url, registered_at) AS url,
    argMax(bytes, registered_at) AS bytes,
    argMax(tuple(agreement), registered_at).1 AS agreement,
    argMax(tuple(accuracy), registered_at).1 AS accuracy
FROM variants
WHERE app = {app:String}
GROUP BY model, variant
ORDER BY model, variant
