SELECT id, recipient
FROM parcels
WHERE deleted_at IS NULL AND place = 'depot'
ORDER BY id
LIMIT 50;
