SELECT id, pupil, weekday
FROM lessons
WHERE deleted_at IS NULL AND instrument = 'violin'
ORDER BY id
LIMIT 50;
