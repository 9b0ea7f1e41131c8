CREATE TABLE orders (id INTEGER, customer VARCHAR, cents INTEGER, paid BOOLEAN);
