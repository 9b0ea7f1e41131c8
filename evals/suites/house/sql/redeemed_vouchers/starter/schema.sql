CREATE TABLE vouchers (id INTEGER, code VARCHAR, redeemed BOOLEAN, worth_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO vouchers VALUES (1, 'AA', true, 2550, NULL), (2, 'BB', true, 1000, NULL), (3, 'CC', false, 9000, NULL), (4, 'DD', true, 7000, TIMESTAMP '2026-02-14 14:00:00'), (5, 'EE', NULL, 100, NULL), (6, 'FF', true, 1000, NULL);
