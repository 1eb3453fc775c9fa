-- How long do predictions take, by model, variant and backend? Milliseconds until ready: p50, p75, p95, p99.
-- A quantile of a log histogram is the smallest bucket whose running count reaches ceil(q * total), which is what
-- quantilesExactWeighted answers (contract/histogram.py has the same rule); a bucket stands for its geometric middle.
SELECT
    model,
    variant,
    backend,
    sum(n) AS predictions,
    arrayMap(
        bucket -> exp((bucket + 0.5) * log(1.04)),
        quantilesExactWeighted(0.5, 0.75, 0.95, 0.99)(bucket, n)
    ) AS ready_ms
FROM windows
ARRAY JOIN ready_buckets AS bucket, ready_counts AS n
WHERE app = {app:String}
    AND at >= {since:DateTime64(3, 'UTC')}
    AND at < {until:DateTime64(3, 'UTC')}
GROUP BY model, variant, backend
ORDER BY model, variant, backend
