-- What is the active config version of an app? The highest one.
SELECT app, version, created_at, author, action, note, enabled, sample_rate, plans, canaries
FROM config_versions
WHERE app = {app:String}
ORDER BY version DESC
LIMIT 1
