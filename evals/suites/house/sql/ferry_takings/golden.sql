SELECT ferries.name, sum(crossings.fare_cents) / 100.0 AS fare_eur
FROM crossings JOIN ferries ON ferries.id = crossings.ferry_id
WHERE crossings.deleted_at IS NULL AND ferries.deleted_at IS NULL AND ferries.harbour = 'Split'
GROUP BY ferries.name
ORDER BY ferries.name;
