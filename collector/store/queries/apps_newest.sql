-- What is an app now, or what are all of them when none is named? The highest version of each.
SELECT app, version, created_at, author, action, note, removed, origins, sample_rate, retention_days, objective, owner, keys
FROM app_versions
WHERE {app:String} = '' OR app = {app:String}
ORDER BY app, version DESC
LIMIT 1 BY app
