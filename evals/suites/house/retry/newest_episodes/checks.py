waits = []
def failing(times, error):
    left = [times]
    def call(show):
        if left[0] > 0:
            left[0] -= 1
            raise error
        return [show + " 3", show + " 2", show + " 1"]
    return call
assert newest_episodes(failing(0, KeyError()), [].append, "Tea", 2) == {"ok": True, "value": ["Tea 3", "Tea 2"]}
assert newest_episodes(failing(2, KeyError()), [].append, "Sky", 1) == {"ok": True, "value": ["Sky 3"]}
assert newest_episodes(failing(3, KeyError()), waits.append, "Sky", 1) == {"ok": False, "error": "archive_unavailable"}
assert waits == [0.25, 0.5, 1.0]
with raises(TimeoutError): newest_episodes(failing(1, TimeoutError()), [].append, "Sky", 1)
