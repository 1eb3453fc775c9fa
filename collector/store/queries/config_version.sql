-- What was in one config version of an app?
SELECT app, version, created_at, author, action, note, enabled, sample_rate, plans, canaries
FROM config_versions
WHERE app = {app:String} AND version = {version:UInt32}
LIMIT 1
