SELECT count(*) AS n
FROM suppliers
WHERE deleted_at IS NULL AND country = 'Italy';
