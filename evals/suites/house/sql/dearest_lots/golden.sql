SELECT id, title, price_cents / 100.0 AS price_eur
FROM lots
WHERE deleted_at IS NULL AND state = 'sold'
ORDER BY price_cents DESC, id
LIMIT 3;
