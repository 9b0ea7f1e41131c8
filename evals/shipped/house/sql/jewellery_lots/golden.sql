SELECT id, bid_cents / 100.0 AS bid_eur
FROM lots
WHERE deleted_at IS NULL AND category = 'jewellery'
ORDER BY id
LIMIT 50;
