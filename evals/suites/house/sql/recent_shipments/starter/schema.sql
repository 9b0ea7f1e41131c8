CREATE TABLE shipments (id INTEGER, carrier VARCHAR, city VARCHAR, left_on DATE, deleted_at TIMESTAMP);
INSERT INTO shipments SELECT 400 - i, 'Post', 'Graz', DATE '2026-03-16', NULL FROM range(58) AS r(i);
INSERT INTO shipments VALUES (9, 'Post', 'Bonn', DATE '2026-03-20', NULL), (6, 'Hermes', 'Bonn', DATE '2026-03-16', NULL), (8, 'Hermes', 'Basel', DATE '2026-03-22', NULL), (3, 'Rapid', 'Bonn', DATE '2026-03-21', NULL), (4, 'Post', 'Aachen', DATE '2026-03-15', NULL), (5, 'Post', 'Bern', DATE '2026-03-25', TIMESTAMP '2026-03-26 00:00:00');
