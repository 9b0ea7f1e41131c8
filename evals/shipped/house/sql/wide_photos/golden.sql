SELECT id, filename
FROM photos
WHERE deleted_at IS NULL AND width > 3000
ORDER BY id
LIMIT 50;
