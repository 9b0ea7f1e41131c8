SELECT level, count(*) AS n
FROM memberships
WHERE deleted_at IS NULL AND active = true
GROUP BY level
ORDER BY n DESC, level;
