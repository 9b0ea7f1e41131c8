waits = []
def failing(times, error):
    left = [times]
    def call():
        if left[0] > 0:
            left[0] -= 1
            raise error
        return 37
    return call
assert upload_photo(failing(1, PermissionError()), waits.append) == {"ok": True, "value": 37}
assert upload_photo(failing(9, PermissionError()), waits.append) == {"ok": False, "error": "gallery_unavailable"}
assert waits == [0.25, 0.25, 0.5, 1.0]
with raises(ValueError): upload_photo(failing(1, ValueError()), waits.append)
