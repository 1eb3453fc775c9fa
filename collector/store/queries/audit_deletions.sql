-- Who had data deleted, and why? Newest first; a session by its hash only.
SELECT app, asked_at, session_hash, author, note, rows
FROM deletions
WHERE {app:String} = '' OR app = {app:String}
ORDER BY asked_at DESC, app
LIMIT {limit:UInt32}
