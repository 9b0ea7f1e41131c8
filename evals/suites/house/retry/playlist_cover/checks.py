waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return "cover.png"
    return call
assert playlist_cover(failing(0, ConnectionError()), [].append, "grey.png") == {"ok": True, "value": "cover.png"}
assert playlist_cover(failing(3, ConnectionError()), [].append, "grey.png") == {"ok": True, "value": "cover.png"}
assert playlist_cover(failing(4, ConnectionError()), waits.append, "grey.png") == {"ok": True, "value": "grey.png"}
assert waits == [0.25, 0.5, 1.0, 2.0]
with raises(TimeoutError): playlist_cover(failing(1, TimeoutError()), [].append, "grey.png")
