-- Which apps, models, releases and backends reported lately, newest first? For the pickers of the fleet page.
-- A release whose models fail to load has no window, and is the one to look at.
SELECT app,
       max(seen) AS last_seen,
       min(began) AS first_seen,
       arraySlice(arrayDistinct(arrayMap(pair -> pair.2, arrayReverseSort(groupArray((seen, model))))), 1, 50) AS models,
       arraySlice(arrayDistinct(arrayMap(pair -> pair.2, arrayReverseSort(groupArray((seen, release))))), 1, 50) AS releases,
       arraySort(groupUniqArrayIf(50)(backend, backend != '')) AS backends
FROM (
    SELECT app, model, release, backend, max(at) AS seen, min(at) AS began
    FROM windows
    WHERE at >= {since:DateTime64(3, 'UTC')}
    GROUP BY app, model, release, backend
    UNION ALL
    SELECT app, model, release, backend, max(at) AS seen, min(at) AS began
    FROM loads
    WHERE at >= {since:DateTime64(3, 'UTC')}
    GROUP BY app, model, release, backend
    UNION ALL
    SELECT app, model, release, backend, max(at) AS seen, min(at) AS began
    FROM incidents
    WHERE at >= {since:DateTime64(3, 'UTC')}
    GROUP BY app, model, release, backend
)
GROUP BY app
ORDER BY last_seen DESC, app
LIMIT 500
