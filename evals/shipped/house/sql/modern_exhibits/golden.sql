SELECT id, artwork
FROM exhibits
WHERE deleted_at IS NULL AND period = 'modern'
ORDER BY id
LIMIT 50;
