CREATE TABLE recipes (id INTEGER, dish VARCHAR, minutes INTEGER, diet VARCHAR, deleted_at TIMESTAMP);
INSERT INTO recipes VALUES (8, 'Dal', 35, 'vegan', NULL), (2, 'Hummus', 15, 'vegan', NULL), (5, 'Goulash', 90, 'meat', NULL), (1, 'Falafel', 40, 'vegan', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO recipes SELECT 100 + i, 'Dal', 35, 'vegan', NULL FROM range(64) AS r(i);
