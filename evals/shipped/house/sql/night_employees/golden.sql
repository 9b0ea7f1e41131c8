SELECT id, full_name
FROM employees
WHERE deleted_at IS NULL AND shift = 'night'
ORDER BY id
LIMIT 50;
