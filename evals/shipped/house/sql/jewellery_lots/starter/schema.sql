CREATE TABLE lots (id INTEGER, bid_cents INTEGER, category VARCHAR, deleted_at TIMESTAMP);
INSERT INTO lots VALUES (81, 250075, 'jewellery', NULL), (62, 88050, 'jewellery', NULL), (70, 13000, 'stamps', NULL), (55, 40025, 'jewellery', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO lots SELECT 100 + i, 250075, 'jewellery', NULL FROM range(74) AS r(i);
