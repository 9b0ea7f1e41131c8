INSERT INTO orders VALUES (4, 'Cy', 300, true), (3, 'Ada', 1200, true), (2, 'Bo', 300, false), (1, 'Ada', 500, false),
  (5, 'Bo', 1200, false);
