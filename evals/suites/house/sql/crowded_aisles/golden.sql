SELECT aisle, count(*) AS n
FROM pallets
WHERE deleted_at IS NULL
GROUP BY aisle HAVING count(*) > 3
ORDER BY aisle;
