CREATE TABLE rooms (id INTEGER, town VARCHAR, beds INTEGER, rate_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO rooms VALUES (1, 'Nice', 2, 8950, NULL), (2, 'Nice', 3, 12000, NULL), (3, 'Nice', 1, 4000, NULL), (4, 'Brest', 2, 7000, NULL), (5, 'Brest', 4, 3000, TIMESTAMP '2026-01-01 00:00:00'), (6, 'Arles', 1, 2000, NULL);
INSERT INTO rooms SELECT 100 + i, 'Town ' || lpad((53 - i)::VARCHAR, 2, '0'), 2, 5000, NULL FROM range(53) AS r(i);
