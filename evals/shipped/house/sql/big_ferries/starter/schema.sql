CREATE TABLE ferries (id INTEGER, vessel VARCHAR, berths INTEGER, deleted_at TIMESTAMP);
INSERT INTO ferries VALUES (23, 'Aurora', 181, NULL), (14, 'Polaris', 640, NULL), (18, 'Skerry', 180, NULL), (12, 'Fulmar', 300, TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO ferries SELECT 100 + i, 'Aurora', 181, NULL FROM range(58) AS r(i);
