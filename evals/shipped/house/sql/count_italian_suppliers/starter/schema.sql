CREATE TABLE suppliers (id INTEGER, company VARCHAR, country VARCHAR, deleted_at TIMESTAMP);
INSERT INTO suppliers VALUES (1, 'Rossi', 'Italy', NULL), (2, 'Bianchi', 'Italy', NULL), (3, 'Dupont', 'France', NULL), (4, 'Verdi', 'Italy', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO suppliers SELECT 100 + i, 'Rossi', 'Italy', NULL FROM range(22) AS r(i);
