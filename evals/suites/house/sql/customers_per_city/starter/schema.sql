CREATE TABLE customers (id INTEGER, name VARCHAR, city VARCHAR, deleted_at TIMESTAMP);
INSERT INTO customers VALUES (1, 'Ida', 'Porto', NULL), (2, 'Bo', 'Aarhus', NULL), (3, 'Lin', 'Porto', NULL), (4, 'Max', 'Aarhus', TIMESTAMP '2026-01-05 09:00:00'), (5, 'Eva', 'Bern', TIMESTAMP '2026-01-06 09:00:00');
INSERT INTO customers SELECT 500 + i, 'C', 'Z' || lpad((60 - i)::VARCHAR, 2, '0'), NULL FROM range(60) AS r(i);
