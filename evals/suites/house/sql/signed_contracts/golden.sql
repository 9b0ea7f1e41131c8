SELECT id, partner, value_cents / 100.0 AS value_eur
FROM contracts
WHERE deleted_at IS NULL AND signed = true AND value_cents > 100000
ORDER BY id
LIMIT 50;
