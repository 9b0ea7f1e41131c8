SELECT id, plate, model
FROM vehicles
WHERE deleted_at IS NULL AND fuel = 'diesel'
ORDER BY id
LIMIT 50;
