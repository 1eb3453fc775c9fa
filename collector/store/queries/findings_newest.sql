-- What is the newest state of each finding of an app? (an empty app: of all)
SELECT
    finding_id, kind, app, model, release, backend, scope, state, severity,
    opened_at, updated_at, resolved_at, summary, evidence
FROM findings
WHERE {app:String} = '' OR app = {app:String}
ORDER BY updated_at DESC
LIMIT 1 BY finding_id
