CREATE TABLE refunds (id INTEGER, reason VARCHAR, outcome VARCHAR, deleted_at TIMESTAMP);
INSERT INTO refunds VALUES (1, 'late', 'rejected', NULL), (2, 'worn', 'rejected', NULL), (3, 'broken', 'granted', NULL), (4, 'used', 'rejected', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO refunds SELECT 100 + i, 'late', 'rejected', NULL FROM range(15) AS r(i);
