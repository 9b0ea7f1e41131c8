SELECT id, title, minutes
FROM recipes
WHERE deleted_at IS NULL AND title LIKE 'Apple%' AND minutes <= 45
ORDER BY id
LIMIT 50;
