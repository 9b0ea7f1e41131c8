SELECT count(*) AS n
FROM tickets
WHERE deleted_at IS NULL AND priority = 'urgent';
