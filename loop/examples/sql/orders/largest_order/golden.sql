SELECT id
FROM orders
ORDER BY cents DESC, id
LIMIT 1;
