SELECT id, recipient, weight_kg
FROM parcels
WHERE deleted_at IS NULL
ORDER BY weight_kg DESC, id
LIMIT 5;
