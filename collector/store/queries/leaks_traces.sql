-- What did each traced session of one release on one backend leave behind, as it was last told?
SELECT session, model, predictions, loads, sites
FROM leak_traces
WHERE app = {app:String} AND release = {release:String} AND backend = {backend:String}
ORDER BY at DESC
LIMIT 1 BY session, model
LIMIT {sessions:UInt32}
