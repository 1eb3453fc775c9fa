-- What is the newest decision for each model and device class of an app?
SELECT model, device_class, level, decided_at, run_id, state, backend, variant, record
FROM
(
    SELECT model, device_class, level, decided_at, run_id, state, backend, variant, record
    FROM decisions
    WHERE app = {app:String}
    ORDER BY decided_at DESC, run_id DESC
    LIMIT 1 BY model, device_class
)
ORDER BY model, level, device_class
