SELECT id, policyholder
FROM claims
WHERE deleted_at IS NULL AND cause = 'flood'
ORDER BY id
LIMIT 50;
