CREATE TABLE invoices (id INTEGER, total_cents INTEGER, state VARCHAR, deleted_at TIMESTAMP);
INSERT INTO invoices VALUES (18, 45950, 'overdue', NULL), (11, 1275, 'overdue', NULL), (13, 9900, 'paid', NULL), (6, 30025, 'overdue', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO invoices SELECT 100 + i, 45950, 'overdue', NULL FROM range(66) AS r(i);
