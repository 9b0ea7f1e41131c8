SELECT count(*) AS n
FROM loaves
WHERE deleted_at IS NULL AND flour = 'rye';
