-- In which order did the releases of each app first appear? (an empty app: of all)
SELECT app, release, min(at) AS first_at
FROM windows
WHERE {app:String} = '' OR app = {app:String}
GROUP BY app, release
ORDER BY app, first_at, release
