-- Which apps have decisions to publish?
SELECT DISTINCT app
FROM decisions
ORDER BY app
