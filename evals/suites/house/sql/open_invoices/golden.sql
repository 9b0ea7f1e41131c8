SELECT id, number, total_cents / 100.0 AS total_eur
FROM invoices
WHERE deleted_at IS NULL AND status = 'open'
ORDER BY id
LIMIT 50;
