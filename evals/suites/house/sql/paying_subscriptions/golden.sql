SELECT count(*) AS n
FROM subscriptions
WHERE deleted_at IS NULL AND plan IN ('gold', 'silver') AND active = true;
