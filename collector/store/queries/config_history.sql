-- Who changed the config of an app, when and why? Newest first.
SELECT version, created_at, author, action, note, enabled, sample_rate
FROM config_versions
WHERE app = {app:String}
ORDER BY version DESC
LIMIT {limit:UInt32}
