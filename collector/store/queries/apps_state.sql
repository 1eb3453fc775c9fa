-- Did any app change? Rows are only added, so their number tells; the newest tells it after a restore, too.
SELECT count() AS versions, max(created_at) AS newest
FROM app_versions
