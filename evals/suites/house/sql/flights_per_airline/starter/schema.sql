CREATE TABLE airlines (id INTEGER, name VARCHAR, deleted_at TIMESTAMP);
CREATE TABLE flights (id INTEGER, airline_id INTEGER, origin VARCHAR, deleted_at TIMESTAMP);
INSERT INTO airlines VALUES (1, 'Nord', NULL), (2, 'Alto', NULL), (3, 'Gone', TIMESTAMP '2025-01-01 00:00:00'), (4, 'Zoom', NULL), (5, 'Idle', NULL);
INSERT INTO airlines SELECT 100 + i, 'X' || lpad((60 - i)::VARCHAR, 2, '0'), NULL FROM range(60) AS r(i);
INSERT INTO flights VALUES (1, 1, 'OSL', NULL), (2, 1, 'BGO', NULL), (3, 2, 'LIS', NULL), (4, 2, 'FAO', NULL), (5, 2, 'OPO', TIMESTAMP '2026-01-01 00:00:00'), (6, 3, 'BER', NULL), (7, 3, 'BER', NULL), (8, 4, 'ROM', NULL), (9, 4, 'ROM', NULL), (10, 4, 'MIL', NULL);
INSERT INTO flights SELECT 100 + i, 100 + i, 'CPH', NULL FROM range(60) AS r(i);
