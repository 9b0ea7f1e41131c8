CREATE TABLE loaves (id INTEGER, shape VARCHAR, flour VARCHAR, deleted_at TIMESTAMP);
INSERT INTO loaves VALUES (1, 'round', 'rye', NULL), (2, 'long', 'rye', NULL), (3, 'tin', 'wheat', NULL), (4, 'braid', 'rye', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO loaves SELECT 100 + i, 'round', 'rye', NULL FROM range(31) AS r(i);
