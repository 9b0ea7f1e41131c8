CREATE TABLE donations (id INTEGER, campaign VARCHAR, donor_type VARCHAR, deleted_at TIMESTAMP);
INSERT INTO donations VALUES (1, 'Winter', 'anonymous', NULL), (2, 'School', 'anonymous', NULL), (3, 'Well', 'firm', NULL), (4, 'Roof', 'anonymous', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO donations SELECT 100 + i, 'Winter', 'anonymous', NULL FROM range(17) AS r(i);
