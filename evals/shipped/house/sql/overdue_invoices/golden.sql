SELECT id, total_cents / 100.0 AS total_eur
FROM invoices
WHERE deleted_at IS NULL AND state = 'overdue'
ORDER BY id
LIMIT 50;
