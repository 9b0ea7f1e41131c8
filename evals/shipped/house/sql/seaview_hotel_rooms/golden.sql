SELECT id, door, beds
FROM rooms
WHERE deleted_at IS NULL AND outlook = 'sea'
ORDER BY id
LIMIT 50;
