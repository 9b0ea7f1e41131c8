SELECT id, dish, minutes
FROM recipes
WHERE deleted_at IS NULL AND diet = 'vegan'
ORDER BY id
LIMIT 50;
