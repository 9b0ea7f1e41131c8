SELECT id, title, minutes
FROM episodes
WHERE deleted_at IS NULL AND title LIKE '%live%' AND minutes >= 20
ORDER BY id
LIMIT 50;
