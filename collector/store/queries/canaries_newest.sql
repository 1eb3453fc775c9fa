-- Which canaries are recorded for the models of an app, or for one of them? The newest version of each, of removed ones too.
SELECT app, model, version, created_at, author, action, note, removed, canary_id, canary, contents, evidence
FROM canary_versions
WHERE app = {app:String} AND ({model:String} = '' OR model = {model:String})
ORDER BY model, version DESC
LIMIT 1 BY model
