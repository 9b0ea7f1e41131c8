CREATE TABLE invoices (id INTEGER, number VARCHAR, status VARCHAR, total_cents INTEGER, deleted_at TIMESTAMP);
INSERT INTO invoices SELECT 300 - i, 'B', 'open', 500, NULL FROM range(70) AS r(i);
INSERT INTO invoices VALUES (9, 'R-9', 'open', 12050, NULL), (4, 'R-4', 'open', 799, NULL), (5, 'R-5', 'paid', 800, NULL), (2, 'R-2', 'open', 100, TIMESTAMP '2026-02-01 08:00:00');
