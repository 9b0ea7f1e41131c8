SELECT id, customer
FROM orders
WHERE NOT paid
ORDER BY id;
