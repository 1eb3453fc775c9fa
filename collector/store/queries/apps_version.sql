-- What was one version of an app?
SELECT app, version, created_at, author, action, note, removed, origins, sample_rate, retention_days, objective, owner, keys
FROM app_versions
WHERE app = {app:String} AND version = {version:UInt32}
LIMIT 1
