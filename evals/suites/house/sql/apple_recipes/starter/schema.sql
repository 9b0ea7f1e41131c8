CREATE TABLE recipes (id INTEGER, title VARCHAR, minutes INTEGER, deleted_at TIMESTAMP);
INSERT INTO recipes SELECT 900 - i, 'Apple tea', 5, NULL FROM range(80) AS r(i);
INSERT INTO recipes VALUES (6, 'Apple pie', 45, NULL), (2, 'Apple jam', 30, NULL), (3, 'Apple cake', 46, NULL), (4, 'Baked Apple', 20, NULL), (5, 'Apple soup', 10, TIMESTAMP '2026-01-01 00:00:00');
