SELECT city, count(*) AS n
FROM customers
WHERE deleted_at IS NULL
GROUP BY city
ORDER BY city;
