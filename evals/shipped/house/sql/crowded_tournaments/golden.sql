SELECT id, venue
FROM tournaments
WHERE deleted_at IS NULL AND teams > 12
ORDER BY id
LIMIT 50;
