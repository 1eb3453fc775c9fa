-- Which leak findings of an app are open now, and on which backend?
SELECT finding_id, any(model) AS model, any(backend) AS backend
FROM findings
WHERE app = {app:String}
    AND kind IN ('tensor_leak', 'bytes_leak', 'gpu_bytes_leak', 'gpu_allocated_leak', 'heap_leak')
GROUP BY finding_id
HAVING argMax(state, updated_at) = 'open'
ORDER BY finding_id
