SELECT id, deposit_cents / 100.0 AS deposit_eur
FROM bookings
WHERE deleted_at IS NULL AND channel = 'phone'
ORDER BY id
LIMIT 50;
