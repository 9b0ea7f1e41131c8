CREATE TABLE memberships (id INTEGER, fee_cents INTEGER, tier VARCHAR, deleted_at TIMESTAMP);
INSERT INTO memberships VALUES (20, 12050, 'family', NULL), (15, 9925, 'family', NULL), (16, 4500, 'single', NULL), (13, 11075, 'family', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO memberships SELECT 100 + i, 12050, 'family', NULL FROM range(67) AS r(i);
