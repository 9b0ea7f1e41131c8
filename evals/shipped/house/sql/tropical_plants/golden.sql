SELECT id, species
FROM plants
WHERE deleted_at IS NULL AND climate = 'tropical'
ORDER BY id
LIMIT 50;
