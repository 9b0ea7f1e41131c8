CREATE TABLE museums (id INTEGER, name VARCHAR, city VARCHAR, deleted_at TIMESTAMP);
CREATE TABLE exhibits (id INTEGER, museum_id INTEGER, label VARCHAR, deleted_at TIMESTAMP);
INSERT INTO museums VALUES (1, 'Egizio', 'Turin', NULL), (2, 'Brera', 'Milan', NULL), (3, 'Closed', 'Turin', TIMESTAMP '2024-01-01 00:00:00'), (4, 'Cinema', 'Turin', NULL);
INSERT INTO exhibits SELECT 600 - i, 4, 'Reel', NULL FROM range(60) AS r(i);
INSERT INTO exhibits VALUES (28, 1, 'Mummy', NULL), (21, 4, 'Lens', NULL), (23, 2, 'Kiss', NULL), (24, 3, 'Bone', NULL), (25, 1, 'Vase', TIMESTAMP '2026-02-02 00:00:00');
