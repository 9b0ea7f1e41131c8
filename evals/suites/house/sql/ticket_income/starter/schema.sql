CREATE TABLE tickets (id INTEGER, event VARCHAR, paid BOOLEAN, price_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO tickets VALUES (1, 'Opera', true, 5050, NULL), (2, 'Circus', true, 1200, NULL), (3, 'Opera', true, 2000, NULL), (4, 'Opera', false, 900, NULL), (5, 'Circus', true, 700, TIMESTAMP '2026-04-01 10:00:00'), (6, 'Ballet', false, 3000, NULL), (7, 'Jazz', NULL, 100, NULL);
INSERT INTO tickets SELECT 100 + i, 'Show ' || lpad((55 - i)::VARCHAR, 2, '0'), true, 250, NULL FROM range(55) AS r(i);
