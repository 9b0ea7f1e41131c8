CREATE TABLE parcels (id INTEGER, recipient VARCHAR, place VARCHAR, deleted_at TIMESTAMP);
INSERT INTO parcels VALUES (12, 'Moreau', 'depot', NULL), (7, 'Okafor', 'depot', NULL), (8, 'Lind', 'van', NULL), (3, 'Petrov', 'depot', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO parcels SELECT 100 + i, 'Moreau', 'depot', NULL FROM range(55) AS r(i);
