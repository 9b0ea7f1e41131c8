SELECT id, price_cents / 100.0 AS price_eur
FROM meals
WHERE deleted_at IS NULL AND served_at = 'lunch'
ORDER BY id
LIMIT 50;
