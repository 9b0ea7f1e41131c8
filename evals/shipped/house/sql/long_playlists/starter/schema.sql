CREATE TABLE playlists (id INTEGER, label VARCHAR, tracks INTEGER, deleted_at TIMESTAMP);
INSERT INTO playlists VALUES (33, 'Road trip', 76, NULL), (25, 'Jazz', 120, NULL), (28, 'Sleep', 75, NULL), (23, 'Focus', 200, TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO playlists SELECT 100 + i, 'Road trip', 76, NULL FROM range(72) AS r(i);
