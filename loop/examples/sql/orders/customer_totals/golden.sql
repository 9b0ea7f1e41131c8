SELECT customer, sum(cents) AS total
FROM orders
GROUP BY customer
ORDER BY customer;
