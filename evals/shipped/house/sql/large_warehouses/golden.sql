SELECT id, address
FROM warehouses
WHERE deleted_at IS NULL AND shelves > 40
ORDER BY id
LIMIT 50;
