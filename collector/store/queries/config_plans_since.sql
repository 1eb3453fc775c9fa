-- Which plans could a page have gone by since a moment? Those of each version since, and of the one before them.
SELECT version, plans
FROM config_versions
WHERE app = {app:String} AND version >= (
    SELECT max(version)
    FROM config_versions
    WHERE app = {app:String} AND created_at <= {since:DateTime64(3, 'UTC')}
)
ORDER BY version
