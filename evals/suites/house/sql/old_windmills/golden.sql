SELECT region, count(*) AS n
FROM windmills
WHERE deleted_at IS NULL AND built_year < 1990
GROUP BY region
ORDER BY region;
