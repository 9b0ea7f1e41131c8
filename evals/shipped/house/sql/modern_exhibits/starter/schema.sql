CREATE TABLE exhibits (id INTEGER, artwork VARCHAR, period VARCHAR, deleted_at TIMESTAMP);
INSERT INTO exhibits VALUES (44, 'Blue Cube', 'modern', NULL), (30, 'Wire Horse', 'modern', NULL), (36, 'Amphora', 'antique', NULL), (24, 'Neon Sea', 'modern', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO exhibits SELECT 100 + i, 'Blue Cube', 'modern', NULL FROM range(62) AS r(i);
