-- How did the arms of each race fare? One row is one race, its arms in lists side by side, in the order that they ran.
-- Of each session, day and model the race that arrived first: however many races one reports, it has one vote.
-- Races of a browser that a program drives are left out unless they are asked for.
-- A leaf class with more races than {votes:UInt32} is sampled by a hash of the session and of the collector's own
-- clock at the race, which a client cannot choose.
SELECT
    model,
    form,
    os,
    browser,
    gpu,
    memory_gb,
    cores,
    release,
    session,
    day,
    arrived,
    has_simd,
    has_threads,
    has_webgl,
    has_webgpu,
    asked,
    arrayMap(arm -> arm.2, arms) AS backends,
    arrayMap(arm -> arm.3, arms) AS variants,
    arrayMap(arm -> arm.4, arms) AS outcomes,
    arrayMap(arm -> arm.5, arms) AS start_ms,
    arrayMap(arm -> arm.6, arms) AS load_ms,
    arrayMap(arm -> arm.7, arms) AS first_ms,
    arrayMap(arm -> arm.8, arms) AS ready_ms,
    arrayMap(arm -> arm.9, arms) AS won
FROM
(
    SELECT
        model, form, os, browser, gpu, memory_gb, cores, session, toDate(at) AS day,
        batch_id, race, min(received_at) AS arrived,
        any(toString(races.release)) AS release, any(toString(races.asked)) AS asked,
        max(wasm_simd) AS has_simd, max(wasm_threads) AS has_threads,
        max(webgl) AS has_webgl, max(webgpu) AS has_webgpu,
        arraySort(arm -> arm.1, groupArray((
            place, toString(backend), toString(variant), toString(outcome),
            races.start_ms, races.load_ms, races.first_ms, races.ready_ms, winner
        ))) AS arms
    FROM races
    WHERE app = {app:String} AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
        AND ({include_automated:Bool} OR NOT automated)
    GROUP BY model, form, os, browser, gpu, memory_gb, cores, session, day, batch_id, race
    ORDER BY arrived, batch_id, race
    LIMIT 1 BY model, session, day
)
ORDER BY sipHash64(session, arrived, day), session, model
LIMIT {votes:UInt32} BY model, form, os, browser, gpu, memory_gb, cores
