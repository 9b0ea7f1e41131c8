CREATE TABLE windmills (id INTEGER, region VARCHAR, built_year INTEGER, deleted_at TIMESTAMP);
INSERT INTO windmills VALUES (1, 'West', 1989, NULL), (2, 'West', 1975, NULL), (3, 'East', 1950, NULL), (4, 'East', 1990, NULL), (5, 'East', 1940, TIMESTAMP '2026-01-01 00:00:00'), (6, 'Bay', 2001, NULL), (7, 'Delta', 1900, TIMESTAMP '2026-01-01 00:00:00');
INSERT INTO windmills SELECT 100 + i, 'Zone ' || lpad((54 - i)::VARCHAR, 2, '0'), 1980, NULL FROM range(54) AS r(i);
