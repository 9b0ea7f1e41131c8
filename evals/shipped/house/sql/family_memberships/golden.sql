SELECT id, fee_cents / 100.0 AS fee_eur
FROM memberships
WHERE deleted_at IS NULL AND tier = 'family'
ORDER BY id
LIMIT 50;
