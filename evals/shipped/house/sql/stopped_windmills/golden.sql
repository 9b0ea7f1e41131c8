SELECT id, hill
FROM windmills
WHERE deleted_at IS NULL AND mode = 'stopped'
ORDER BY id
LIMIT 50;
