SELECT id, label
FROM playlists
WHERE deleted_at IS NULL AND tracks > 75
ORDER BY id
LIMIT 50;
