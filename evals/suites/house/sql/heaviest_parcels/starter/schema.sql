CREATE TABLE parcels (id INTEGER, recipient VARCHAR, weight_kg INTEGER, deleted_at TIMESTAMP);
INSERT INTO parcels VALUES (8, 'Hal', 12, NULL), (6, 'Fay', 20, NULL), (5, 'Eli', 12, NULL), (7, 'Gus', 12, NULL), (2, 'Bea', 30, NULL), (1, 'Abe', 31, TIMESTAMP '2026-03-01 07:00:00'), (9, 'Ivy', 11, NULL), (3, 'Cleo', 12, NULL), (4, 'Dan', 2, NULL);
