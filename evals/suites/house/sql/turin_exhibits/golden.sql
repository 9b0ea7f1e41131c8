SELECT exhibits.id, exhibits.label, museums.name
FROM exhibits JOIN museums ON museums.id = exhibits.museum_id
WHERE exhibits.deleted_at IS NULL AND museums.deleted_at IS NULL AND museums.city = 'Turin'
ORDER BY exhibits.id
LIMIT 50;
