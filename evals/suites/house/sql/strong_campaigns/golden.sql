SELECT campaign, sum(amount_cents) / 100.0 AS amount_eur
FROM donations
WHERE deleted_at IS NULL
GROUP BY campaign HAVING sum(amount_cents) >= 10000
ORDER BY campaign;
