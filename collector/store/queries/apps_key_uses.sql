-- On which day was each write key last used?
SELECT app, key_id, max(day) AS last_used
FROM key_uses
GROUP BY app, key_id
