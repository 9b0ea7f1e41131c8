CREATE TABLE vehicles (id INTEGER, plate VARCHAR, model VARCHAR, fuel VARCHAR, deleted_at TIMESTAMP);
INSERT INTO vehicles VALUES (6, 'KR-204', 'Transit', 'diesel', NULL), (4, 'KR-118', 'Crafter', 'diesel', NULL), (5, 'KR-150', 'Leaf', 'electric', NULL), (1, 'KR-099', 'Vito', 'diesel', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO vehicles SELECT 100 + i, 'KR-204', 'Transit', 'diesel', NULL FROM range(58) AS r(i);
