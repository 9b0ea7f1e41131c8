CREATE TABLE pallets (id INTEGER, aisle VARCHAR, goods VARCHAR, deleted_at TIMESTAMP);
INSERT INTO pallets SELECT i, 'D', 'salt', NULL FROM range(5) AS r(i);
INSERT INTO pallets SELECT 10 + i, 'A', 'rice', NULL FROM range(4) AS r(i);
INSERT INTO pallets SELECT 20 + i, 'B', 'flour', NULL FROM range(3) AS r(i);
INSERT INTO pallets SELECT 30 + i, 'C', 'oil', CASE WHEN i = 0 THEN TIMESTAMP '2026-01-09 11:00:00' END FROM range(4) AS r(i);
INSERT INTO pallets SELECT 100 + i, 'E' || lpad((i // 4)::VARCHAR, 2, '0'), 'tea', NULL FROM range(240) AS r(i);
