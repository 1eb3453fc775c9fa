-- What were the canaries of a model, newest first? One version, or all when it is 0.
SELECT app, model, version, created_at, author, action, note, removed, canary_id, canary, contents, evidence
FROM canary_versions
WHERE app = {app:String} AND model = {model:String} AND ({version:UInt32} = 0 OR version = {version:UInt32})
ORDER BY version DESC
LIMIT {limit:UInt32}
