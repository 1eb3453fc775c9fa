-- Which apps have decisions or recorded canaries to publish?
SELECT app
FROM (
    SELECT app FROM decisions
    UNION DISTINCT
    SELECT app FROM canary_versions
)
ORDER BY app
