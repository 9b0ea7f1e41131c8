CREATE TABLE podcasts (id INTEGER, show_name VARCHAR, presenter VARCHAR, genre VARCHAR, deleted_at TIMESTAMP);
INSERT INTO podcasts VALUES (16, 'Quarks', 'Nadia', 'science', NULL), (7, 'Big Bang', 'Owen', 'science', NULL), (11, 'Goals', 'Pete', 'sport', NULL), (5, 'Cells', 'Rita', 'science', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO podcasts SELECT 100 + i, 'Quarks', 'Nadia', 'science', NULL FROM range(51) AS r(i);
