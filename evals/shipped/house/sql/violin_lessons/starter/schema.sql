CREATE TABLE lessons (id INTEGER, pupil VARCHAR, weekday VARCHAR, instrument VARCHAR, deleted_at TIMESTAMP);
INSERT INTO lessons VALUES (29, 'Mia', 'Tuesday', 'violin', NULL), (26, 'Leo', 'Friday', 'violin', NULL), (27, 'Zoe', 'Monday', 'drums', NULL), (12, 'Kai', 'Sunday', 'violin', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO lessons SELECT 100 + i, 'Mia', 'Tuesday', 'violin', NULL FROM range(68) AS r(i);
