CREATE TABLE tournaments (id INTEGER, venue VARCHAR, teams INTEGER, deleted_at TIMESTAMP);
INSERT INTO tournaments VALUES (28, 'Arena East', 13, NULL), (22, 'City Park', 32, NULL), (26, 'Old Gym', 12, NULL), (17, 'Lakeside', 24, TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO tournaments SELECT 100 + i, 'Arena East', 13, NULL FROM range(71) AS r(i);
