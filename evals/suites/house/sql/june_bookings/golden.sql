SELECT id, guest, price_cents / 100.0 AS price_eur
FROM bookings
WHERE deleted_at IS NULL AND starts_on BETWEEN DATE '2026-06-01' AND DATE '2026-06-30'
ORDER BY starts_on, id
LIMIT 50;
