CREATE TABLE warehouses (id INTEGER, address VARCHAR, shelves INTEGER, deleted_at TIMESTAMP);
INSERT INTO warehouses VALUES (14, 'Dock Road 2', 41, NULL), (9, 'Mill Lane 8', 95, NULL), (10, 'Kiln Street 5', 40, NULL), (7, 'Pier 1', 60, TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO warehouses SELECT 100 + i, 'Dock Road 2', 41, NULL FROM range(56) AS r(i);
