CREATE TABLE donations (id INTEGER, campaign VARCHAR, amount_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO donations VALUES (1, 'Trees', 6000, NULL), (2, 'Trees', 4050, NULL), (3, 'Bees', 10000, NULL), (4, 'Books', 9999, NULL), (5, 'Dogs', 9000, NULL), (6, 'Dogs', 2000, TIMESTAMP '2026-06-01 10:00:00');
INSERT INTO donations SELECT 100 + i, 'Well ' || lpad((57 - i)::VARCHAR, 2, '0'), 20000, NULL FROM range(57) AS r(i);
