SELECT id, name, email
FROM customers
WHERE deleted_at IS NULL AND city = 'Lisbon'
ORDER BY id
LIMIT 50;
