-- What was one version of what an app wants of a model?
SELECT app, model, version, created_at, author, action, note, max_accuracy_loss
FROM model_versions
WHERE app = {app:String} AND model = {model:String} AND version = {version:UInt32}
LIMIT 1
