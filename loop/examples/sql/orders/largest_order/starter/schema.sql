CREATE TABLE orders (id INTEGER, customer VARCHAR, cents INTEGER, paid BOOLEAN);
INSERT INTO orders VALUES (1, 'Ada', 1200, true), (2, 'Bo', 300, false), (3, 'Ada', 500, true), (4, 'Cy', 300, true);
