SELECT id, room
FROM printers
WHERE deleted_at IS NULL AND condition = 'jammed'
ORDER BY id
LIMIT 50;
