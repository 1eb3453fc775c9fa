-- What is the newest decision for each model and device class of an app?
-- Chosen by its key first: sorting the records of every run that ever was cost three times the CPU.
SELECT model, device_class, level, decided_at, run_id, state, backend, variant, record
FROM decisions
WHERE app = {app:String} AND (model, device_class, decided_at, run_id) IN (
    SELECT model, device_class, max((decided_at, run_id)).1, max((decided_at, run_id)).2
    FROM decisions
    WHERE app = {app:String}
    GROUP BY model, device_class
)
ORDER BY model, level, device_class
LIMIT 1 BY model, device_class
