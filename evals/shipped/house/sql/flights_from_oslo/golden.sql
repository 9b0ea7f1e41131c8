SELECT id, number, gate
FROM flights
WHERE deleted_at IS NULL AND origin = 'OSL'
ORDER BY id
LIMIT 50;
