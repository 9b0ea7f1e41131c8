CREATE TABLE customers (id INTEGER, name VARCHAR, email VARCHAR, city VARCHAR, deleted_at TIMESTAMP);
INSERT INTO customers VALUES (9, 'Rui', 'rui@mail.pt', 'Lisbon', NULL), (5, 'Ines', 'ines@mail.pt', 'Lisbon', NULL), (6, 'Karl', 'karl@mail.de', 'Bonn', NULL), (2, 'Tiago', 'tiago@mail.pt', 'Lisbon', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO customers SELECT 100 + i, 'Rui', 'rui@mail.pt', 'Lisbon', NULL FROM range(70) AS r(i);
