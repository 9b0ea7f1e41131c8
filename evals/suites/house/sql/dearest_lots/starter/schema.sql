CREATE TABLE lots (id INTEGER, title VARCHAR, state VARCHAR, price_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO lots VALUES (9, 'Clock', 'sold', 45000, NULL), (7, 'Chair', 'sold', 45000, NULL), (2, 'Globe', 'sold', 99950, NULL), (4, 'Harp', 'open', 200000, NULL), (5, 'Mask', 'sold', 150000, TIMESTAMP '2026-03-03 12:00:00'), (6, 'Coin', 'sold', 45000, NULL), (1, 'Fan', 'sold', 300, NULL);
