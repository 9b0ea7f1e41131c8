SELECT DISTINCT make
FROM vehicles
WHERE deleted_at IS NULL AND fuel = 'diesel'
ORDER BY make
LIMIT 50;
