-- Of which files are the registered variants of an app's models? Removed ones are not among them.
SELECT model, variant, argMax(content_id, version) AS content_id
FROM variant_versions
WHERE app = {app:String}
GROUP BY model, variant
HAVING NOT argMax(removed, version)
ORDER BY model, variant
