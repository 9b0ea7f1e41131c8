SELECT count(*) AS n
FROM refunds
WHERE deleted_at IS NULL AND outcome = 'rejected';
