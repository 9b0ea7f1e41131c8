SELECT product, avg(stars) AS avg_stars
FROM reviews
WHERE deleted_at IS NULL
GROUP BY product
ORDER BY avg_stars DESC, product;
