CREATE TABLE vehicles (id INTEGER, make VARCHAR, fuel VARCHAR, deleted_at TIMESTAMP);
INSERT INTO vehicles VALUES (1, 'Volvo', 'diesel', NULL), (2, 'Fiat', 'diesel', NULL), (3, 'Fiat', 'diesel', NULL), (4, 'Audi', 'petrol', NULL), (5, 'Dacia', 'diesel', TIMESTAMP '2026-02-03 10:00:00'), (6, 'Fiat', 'petrol', NULL);
INSERT INTO vehicles SELECT 100 + i, 'Make ' || lpad((60 - i)::VARCHAR, 2, '0'), 'diesel', NULL FROM range(60) AS r(i);
