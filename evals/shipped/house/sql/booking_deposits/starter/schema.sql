CREATE TABLE bookings (id INTEGER, deposit_cents INTEGER, channel VARCHAR, deleted_at TIMESTAMP);
INSERT INTO bookings VALUES (27, 5025, 'phone', NULL), (21, 8050, 'phone', NULL), (24, 6000, 'web', NULL), (20, 7075, 'phone', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO bookings SELECT 100 + i, 5025, 'phone', NULL FROM range(57) AS r(i);
