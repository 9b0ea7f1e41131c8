CREATE TABLE claims (id INTEGER, policyholder VARCHAR, cause VARCHAR, deleted_at TIMESTAMP);
INSERT INTO claims VALUES (52, 'Ferrari', 'flood', NULL), (43, 'Jansen', 'flood', NULL), (47, 'Kaya', 'fire', NULL), (41, 'Nagy', 'flood', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO claims SELECT 100 + i, 'Ferrari', 'flood', NULL FROM range(69) AS r(i);
