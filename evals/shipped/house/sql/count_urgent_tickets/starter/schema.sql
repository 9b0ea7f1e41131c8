CREATE TABLE tickets (id INTEGER, subject VARCHAR, priority VARCHAR, deleted_at TIMESTAMP);
INSERT INTO tickets VALUES (1, 'Login', 'urgent', NULL), (2, 'Crash', 'urgent', NULL), (3, 'Typo', 'low', NULL), (4, 'Outage', 'urgent', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO tickets SELECT 100 + i, 'Login', 'urgent', NULL FROM range(9) AS r(i);
