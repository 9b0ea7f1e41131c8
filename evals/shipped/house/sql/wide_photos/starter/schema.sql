CREATE TABLE photos (id INTEGER, filename VARCHAR, width INTEGER, deleted_at TIMESTAMP);
INSERT INTO photos VALUES (19, 'dunes.jpg', 3001, NULL), (16, 'fjord.jpg', 6000, NULL), (17, 'cat.jpg', 3000, NULL), (8, 'snow.jpg', 4500, TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO photos SELECT 100 + i, 'dunes.jpg', 3001, NULL FROM range(53) AS r(i);
