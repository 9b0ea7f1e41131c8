CREATE TABLE flights (id INTEGER, number VARCHAR, gate VARCHAR, origin VARCHAR, deleted_at TIMESTAMP);
INSERT INTO flights VALUES (40, 'SK401', 'B7', 'OSL', NULL), (38, 'DY12', 'A3', 'OSL', NULL), (39, 'LH9', 'C1', 'FRA', NULL), (35, 'SK77', 'B2', 'OSL', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO flights SELECT 100 + i, 'SK401', 'B7', 'OSL', NULL FROM range(75) AS r(i);
