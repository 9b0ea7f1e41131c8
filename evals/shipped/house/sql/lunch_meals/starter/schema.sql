CREATE TABLE meals (id INTEGER, price_cents INTEGER, served_at VARCHAR, deleted_at TIMESTAMP);
INSERT INTO meals VALUES (5, 650, 'lunch', NULL), (3, 825, 'lunch', NULL), (4, 1190, 'dinner', NULL), (2, 475, 'lunch', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO meals SELECT 100 + i, 650, 'lunch', NULL FROM range(63) AS r(i);
