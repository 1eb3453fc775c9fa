-- Which leak findings of an app are open now, on which backend, and in which release?
-- Not one that several models in step may have caused: an arm of the wrong one would be refused.
-- Not one on some kinds of device only (`where`): sessions may claim any.
-- Not growth with loads: the page forgets to dispose of its models, whichever backend they run on.
SELECT finding_id, any(model) AS model, any(backend) AS backend, any(release) AS release
FROM findings
WHERE app = {app:String}
    AND kind IN ('tensor_leak', 'bytes_leak', 'gpu_bytes_leak', 'gpu_allocated_leak', 'heap_leak')
GROUP BY finding_id
HAVING argMax(state, updated_at) = 'open'
    AND JSONExtractString(argMax(evidence, updated_at), 'where') = ''
    AND 2 * JSONExtractUInt(argMax(evidence, updated_at), 'attribution', 'shared') <= arraySum(arrayMap(
        reason -> reason.2,
        JSONExtractKeysAndValues(argMax(evidence, updated_at), 'attribution', 'UInt32')
    ))
ORDER BY finding_id
