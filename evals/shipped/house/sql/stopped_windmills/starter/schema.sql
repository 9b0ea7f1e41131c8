CREATE TABLE windmills (id INTEGER, hill VARCHAR, mode VARCHAR, deleted_at TIMESTAMP);
INSERT INTO windmills VALUES (13, 'North Ridge', 'stopped', NULL), (4, 'Fox Hill', 'stopped', NULL), (8, 'Gull Point', 'turning', NULL), (2, 'Old Mound', 'stopped', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO windmills SELECT 100 + i, 'North Ridge', 'stopped', NULL FROM range(59) AS r(i);
