CREATE TABLE plants (id INTEGER, species VARCHAR, climate VARCHAR, deleted_at TIMESTAMP);
INSERT INTO plants VALUES (37, 'Orchid', 'tropical', NULL), (32, 'Banana', 'tropical', NULL), (34, 'Cactus', 'desert', NULL), (18, 'Vanilla', 'tropical', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO plants SELECT 100 + i, 'Orchid', 'tropical', NULL FROM range(73) AS r(i);
