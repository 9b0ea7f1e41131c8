CREATE TABLE rooms (id INTEGER, door VARCHAR, beds INTEGER, outlook VARCHAR, deleted_at TIMESTAMP);
INSERT INTO rooms VALUES (10, '204A', 2, 'sea', NULL), (6, '101C', 3, 'sea', NULL), (7, '102B', 1, 'yard', NULL), (1, '305D', 2, 'sea', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO rooms SELECT 100 + i, '204A', 2, 'sea', NULL FROM range(65) AS r(i);
