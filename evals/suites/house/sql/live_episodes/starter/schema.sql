CREATE TABLE episodes (id INTEGER, title VARCHAR, minutes INTEGER, deleted_at TIMESTAMP);
INSERT INTO episodes SELECT 800 - i, 'More live talk', 60, NULL FROM range(75) AS r(i);
INSERT INTO episodes VALUES (7, 'Now live', 20, NULL), (2, 'live in Rome', 35, NULL), (3, 'A live egg', 19, NULL), (4, 'Quiet', 40, NULL), (5, 'Also live', 50, TIMESTAMP '2026-01-20 20:00:00'), (6, 'Live aid', 50, NULL);
