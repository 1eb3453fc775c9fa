-- Which apps have reported since a time?
SELECT DISTINCT app
FROM windows
WHERE at >= {since:DateTime64(3, 'UTC')}
ORDER BY app
