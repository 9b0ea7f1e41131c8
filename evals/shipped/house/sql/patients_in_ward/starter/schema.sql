CREATE TABLE patients (id INTEGER, surname VARCHAR, ward VARCHAR, deleted_at TIMESTAMP);
INSERT INTO patients VALUES (31, 'Haas', 'cardiology', NULL), (14, 'Novak', 'cardiology', NULL), (20, 'Berg', 'surgery', NULL), (11, 'Silva', 'cardiology', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO patients SELECT 100 + i, 'Haas', 'cardiology', NULL FROM range(52) AS r(i);
