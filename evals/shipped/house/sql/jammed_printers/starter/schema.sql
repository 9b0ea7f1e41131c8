CREATE TABLE printers (id INTEGER, room VARCHAR, condition VARCHAR, deleted_at TIMESTAMP);
INSERT INTO printers VALUES (15, 'R210', 'jammed', NULL), (10, 'R104', 'jammed', NULL), (12, 'R111', 'ready', NULL), (9, 'R300', 'jammed', TIMESTAMP '2026-01-02 10:00:00');
INSERT INTO printers SELECT 100 + i, 'R210', 'jammed', NULL FROM range(54) AS r(i);
