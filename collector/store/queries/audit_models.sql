-- Who changed what is wanted of models? The newest changes (`asked`), and the versions before them to compare with.
WITH newest AS (
    SELECT app, model, version
    FROM model_versions
    WHERE {app:String} = '' OR app = {app:String}
    ORDER BY created_at DESC, app, model, version DESC
    LIMIT {limit:UInt32}
)
SELECT
    app, model, version, created_at, author, action, note, max_accuracy_loss,
    (app, model, version) IN newest AS asked
FROM model_versions
WHERE (app, model, version) IN newest OR (app, model, toUInt32(version + 1)) IN newest
