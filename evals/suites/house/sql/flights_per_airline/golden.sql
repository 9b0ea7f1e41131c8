SELECT airlines.name, count(*) AS n
FROM flights JOIN airlines ON airlines.id = flights.airline_id
WHERE flights.deleted_at IS NULL AND airlines.deleted_at IS NULL
GROUP BY airlines.name
ORDER BY n DESC, airlines.name;
