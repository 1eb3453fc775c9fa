-- Which leak findings of an app are open now, on which backend, and in which release?
-- Not growth with loads: the page forgets to dispose of its models, whichever backend they run on.
SELECT finding_id, any(model) AS model, any(backend) AS backend, any(release) AS release
FROM findings
WHERE app = {app:String}
    AND kind IN ('tensor_leak', 'bytes_leak', 'gpu_bytes_leak', 'gpu_allocated_leak', 'heap_leak')
GROUP BY finding_id
HAVING argMax(state, updated_at) = 'open'
ORDER BY finding_id
