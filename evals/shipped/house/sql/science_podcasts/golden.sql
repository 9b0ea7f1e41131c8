SELECT id, show_name, presenter
FROM podcasts
WHERE deleted_at IS NULL AND genre = 'science'
ORDER BY id
LIMIT 50;
