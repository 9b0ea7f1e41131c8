waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 76
    return call
assert play_podcast_episode(failing(1, BufferError()), waits.append) == {"ok": True, "value": 76}
assert play_podcast_episode(failing(9, BufferError()), waits.append) == {"ok": False, "error": "stream_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0, 2.0]
with raises(ValueError): play_podcast_episode(failing(1, ValueError()), waits.append)
