-- Which plans did an app publish? The last version of each day since a time, and the one that was active then.
SELECT toDate(created_at) AS day, version, plans
FROM config_versions
WHERE app = {app:String} AND version IN (
    SELECT max(version) FROM config_versions
    WHERE app = {app:String}
    GROUP BY if(created_at < {since:DateTime64(3, 'UTC')}, toDate(0), toDate(created_at))
)
ORDER BY version
LIMIT 1 BY version
