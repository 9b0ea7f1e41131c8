CREATE TABLE bookings (id INTEGER, guest VARCHAR, starts_on DATE, price_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO bookings VALUES (1, 'Kim', DATE '2026-06-30', 8000, NULL), (7, 'Ola', DATE '2026-06-01', 4550, NULL), (3, 'Pia', DATE '2026-06-01', 6000, NULL), (4, 'Jon', DATE '2026-05-31', 100, NULL), (5, 'Tom', DATE '2026-07-01', 100, NULL), (6, 'Una', DATE '2026-06-02', 100, TIMESTAMP '2026-05-01 12:00:00');
INSERT INTO bookings SELECT 100 + i, 'G', DATE '2026-06-30', 999, NULL FROM range(55) AS r(i);
