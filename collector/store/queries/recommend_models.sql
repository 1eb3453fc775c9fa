-- Which models did an app report, can a plan steer them, and how many session-days were of automated browsers?
-- steerable is the share of the sessions that say so among those of the newest day on which the model reported:
-- a model that a release begins to load by config is steerable at once, however long it was only watched.
-- Sessions are counted exactly while there are some thousands, then to a hundredth.
SELECT model, argMax(share, day) AS steerable, sum(driven) AS automated
FROM
(
    SELECT
        model,
        toDate(at) AS day,
        uniqCombined64If(17)(session, steerable) / uniqCombined64(17)(session) AS share,
        uniqCombined64If(17)(session, automated) AS driven
    FROM
    (
        SELECT model, session, at, steerable, automated FROM windows
        WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        UNION ALL
        SELECT model, session, at, steerable, automated FROM loads
        WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
    )
    WHERE model != ''
    GROUP BY model, day
)
GROUP BY model
ORDER BY model
