INSERT INTO orders VALUES (1, 'Di', 100, false), (2, 'Di', 900, true), (3, 'Ed', 400, false);
