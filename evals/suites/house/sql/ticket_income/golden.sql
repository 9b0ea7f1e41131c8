SELECT event, sum(price_cents) / 100.0 AS price_eur
FROM tickets
WHERE deleted_at IS NULL AND paid = true
GROUP BY event
ORDER BY event;
