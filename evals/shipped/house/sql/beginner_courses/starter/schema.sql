CREATE TABLE courses (id INTEGER, title VARCHAR, level VARCHAR, deleted_at TIMESTAMP);
INSERT INTO courses VALUES (7, 'Knots', 'beginner', NULL), (5, 'Sails', 'beginner', NULL), (6, 'Ropes', 'expert', NULL), (4, 'Tides', 'beginner', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO courses SELECT 100 + i, 'Knots', 'beginner', NULL FROM range(60) AS r(i);
