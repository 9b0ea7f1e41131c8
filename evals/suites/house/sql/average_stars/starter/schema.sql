CREATE TABLE reviews (id INTEGER, product VARCHAR, stars INTEGER, deleted_at TIMESTAMP);
INSERT INTO reviews VALUES (1, 'Lamp', 4, NULL), (2, 'Lamp', 5, NULL), (3, 'Vase', 3, NULL), (4, 'Desk', 2, NULL), (5, 'Desk', 4, NULL), (6, 'Sofa', 5, NULL), (7, 'Desk', 5, TIMESTAMP '2026-03-03 03:00:00'), (8, 'Rug', 5, TIMESTAMP '2026-03-03 03:00:00'), (9, 'Bed', 3, NULL);
INSERT INTO reviews SELECT 100 + i, 'Mug ' || lpad((55 - i)::VARCHAR, 2, '0'), 1, NULL FROM range(55) AS r(i);
