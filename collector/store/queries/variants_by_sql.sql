-- Which variants of an app, or of one of its models, did its users register by SQL of their own? The last row of each.
SELECT
    model, variant,
    argMax(url, registered_at) AS url,
    argMax(format, registered_at) AS format,
    argMax(bytes, registered_at) AS bytes,
    argMax(tuple(agreement), registered_at).1 AS agreement,
    argMax(tuple(accuracy), registered_at).1 AS accuracy,
    max(registered_at) AS created_at
FROM variants
WHERE app = {app:String} AND ({model:String} = '' OR model = {model:String})
GROUP BY model, variant
ORDER BY model, variant
