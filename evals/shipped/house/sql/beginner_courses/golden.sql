SELECT id, title
FROM courses
WHERE deleted_at IS NULL AND level = 'beginner'
ORDER BY id
LIMIT 50;
