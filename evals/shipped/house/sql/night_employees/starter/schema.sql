CREATE TABLE employees (id INTEGER, full_name VARCHAR, shift VARCHAR, deleted_at TIMESTAMP);
INSERT INTO employees VALUES (22, 'Ada Stone', 'night', NULL), (17, 'Ben Wolf', 'night', NULL), (19, 'Cleo Park', 'day', NULL), (13, 'Dan Reed', 'night', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO employees SELECT 100 + i, 'Ada Stone', 'night', NULL FROM range(61) AS r(i);
