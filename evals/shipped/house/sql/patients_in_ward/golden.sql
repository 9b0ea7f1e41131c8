SELECT id, surname
FROM patients
WHERE deleted_at IS NULL AND ward = 'cardiology'
ORDER BY id
LIMIT 50;
