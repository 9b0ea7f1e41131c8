CREATE TABLE ferries (id INTEGER, name VARCHAR, harbour VARCHAR, deleted_at TIMESTAMP);
CREATE TABLE crossings (id INTEGER, ferry_id INTEGER, fare_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO ferries VALUES (1, 'Tern', 'Split', NULL), (2, 'Gull', 'Split', NULL), (3, 'Auk', 'Zadar', NULL), (4, 'Crane', 'Split', TIMESTAMP '2025-10-10 10:00:00');
INSERT INTO ferries SELECT 100 + i, 'W' || lpad((60 - i)::VARCHAR, 2, '0'), 'Split', NULL FROM range(60) AS r(i);
INSERT INTO crossings VALUES (1, 1, 1250, NULL), (2, 1, 2000, NULL), (3, 2, 900, NULL), (4, 2, 5000, TIMESTAMP '2026-01-01 00:00:00'), (5, 3, 100, NULL), (6, 4, 700, NULL);
INSERT INTO crossings SELECT 100 + i, 100 + i, 150, NULL FROM range(60) AS r(i);
