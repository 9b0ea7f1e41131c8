INSERT INTO orders VALUES (9, 'Ed', 400, false), (7, 'Di', 900, true), (8, 'Di', 100, false), (2, 'Al', 400, true);
