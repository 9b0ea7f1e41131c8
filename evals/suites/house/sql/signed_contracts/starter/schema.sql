CREATE TABLE contracts (id INTEGER, partner VARCHAR, signed BOOLEAN, value_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO contracts SELECT 700 - i, 'Bulk', true, 200000, NULL FROM range(65) AS r(i);
INSERT INTO contracts VALUES (8, 'Orion', true, 100001, NULL), (3, 'Vega', true, 250050, NULL), (4, 'Lyra', true, 100000, NULL), (5, 'Mira', false, 300000, NULL), (6, 'Rigel', true, 300000, TIMESTAMP '2026-04-04 04:00:00');
