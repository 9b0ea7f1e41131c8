SELECT department, max(salary_cents) / 100.0 AS salary_eur
FROM employees
WHERE deleted_at IS NULL AND hired_on >= DATE '2020-01-01'
GROUP BY department
ORDER BY department;
