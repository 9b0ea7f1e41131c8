SELECT tracks.id, tracks.title, playlists.name
FROM tracks JOIN playlists ON playlists.id = tracks.playlist_id
WHERE tracks.deleted_at IS NULL AND playlists.deleted_at IS NULL AND playlists.genre = 'jazz'
ORDER BY tracks.id
LIMIT 50;
