CREATE TABLE playlists (id INTEGER, name VARCHAR, genre VARCHAR, deleted_at TIMESTAMP);
CREATE TABLE tracks (id INTEGER, playlist_id INTEGER, title VARCHAR, deleted_at TIMESTAMP);
INSERT INTO playlists VALUES (1, 'Late', 'jazz', NULL), (2, 'Loud', 'rock', NULL), (3, 'Old', 'jazz', TIMESTAMP '2026-01-01 00:00:00'), (4, 'Slow', 'jazz', NULL);
INSERT INTO tracks SELECT 400 - i, 4, 'Bulk', NULL FROM range(60) AS r(i);
INSERT INTO tracks VALUES (15, 1, 'Blue', NULL), (11, 4, 'Grey', NULL), (12, 2, 'Red', NULL), (13, 3, 'Gold', NULL), (14, 1, 'Pink', TIMESTAMP '2026-02-02 00:00:00');
