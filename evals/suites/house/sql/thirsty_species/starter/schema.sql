CREATE TABLE plants (id INTEGER, species VARCHAR, litres INTEGER, deleted_at TIMESTAMP);
INSERT INTO plants VALUES (1, 'Palm', 8, NULL), (2, 'Fern', 5, NULL), (3, 'Fern', 5, NULL), (4, 'Aloe', 4, NULL), (5, 'Lotus', 9, NULL), (6, 'Mint', 7, TIMESTAMP '2026-05-01 06:00:00'), (7, 'Fern', 1, NULL);
INSERT INTO plants SELECT 100 + i, 'Rose ' || lpad((60 - i)::VARCHAR, 2, '0'), 6, NULL FROM range(60) AS r(i);
