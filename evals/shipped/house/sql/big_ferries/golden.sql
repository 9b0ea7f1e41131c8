SELECT id, vessel
FROM ferries
WHERE deleted_at IS NULL AND berths > 180
ORDER BY id
LIMIT 50;
