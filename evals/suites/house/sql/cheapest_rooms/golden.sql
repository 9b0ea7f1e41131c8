SELECT town, min(rate_cents) / 100.0 AS rate_eur
FROM rooms
WHERE deleted_at IS NULL AND beds >= 2
GROUP BY town
ORDER BY town;
