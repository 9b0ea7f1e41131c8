CREATE TABLE employees (id INTEGER, department VARCHAR, hired_on DATE, salary_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO employees VALUES (1, 'Sales', DATE '2021-04-01', 310050, NULL), (2, 'Sales', DATE '2022-04-01', 290000, NULL), (3, 'Law', DATE '2020-01-01', 405000, NULL), (4, 'Law', DATE '2019-12-31', 900000, NULL), (5, 'Sales', DATE '2023-01-01', 800000, TIMESTAMP '2026-01-31 18:00:00'), (6, 'Art', DATE '2018-01-01', 200000, NULL);
INSERT INTO employees SELECT 100 + i, 'Team ' || lpad((52 - i)::VARCHAR, 2, '0'), DATE '2024-01-01', 100000, NULL FROM range(52) AS r(i);
