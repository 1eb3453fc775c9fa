-- Which sessions of an app are judged, and how many memory points has each?
-- The newest of every cohort. All models of a chosen session count, since it is loaded whole.
SELECT
    session,
    sum(length(memory_predictions)) AS points
FROM windows
WHERE app = {app:String}
    AND at >= {since:DateTime64(3, 'UTC')}
    AND notEmpty(memory_predictions)
    AND session IN (
        SELECT session
        FROM
        (
            SELECT model, release, backend, session
            FROM windows
            WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND notEmpty(memory_predictions)
            GROUP BY model, release, backend, session
            ORDER BY max(at) DESC, session
            LIMIT {sessions:UInt32} BY model, release, backend
        )
    )
GROUP BY session
ORDER BY session
