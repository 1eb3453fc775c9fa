-- What does an app want of its models now? The newest version of each.
SELECT app, model, version, created_at, author, action, note, max_accuracy_loss
FROM model_versions
WHERE app = {app:String} AND ({model:String} = '' OR model = {model:String})
ORDER BY model, version DESC
LIMIT 1 BY model
