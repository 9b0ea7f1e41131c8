SELECT id, carrier, city
FROM shipments
WHERE deleted_at IS NULL AND carrier IN ('Hermes', 'Post') AND left_on > DATE '2026-03-15'
ORDER BY city, id
LIMIT 50;
