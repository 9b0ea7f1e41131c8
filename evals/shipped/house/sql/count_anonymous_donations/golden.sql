SELECT count(*) AS n
FROM donations
WHERE deleted_at IS NULL AND donor_type = 'anonymous';
