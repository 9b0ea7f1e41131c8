assert ends_with("photo.png", ".png") is True
assert ends_with("photo.jpg", ".png") is False
assert ends_with("hi", "hi") is True
assert ends_with("", "a") is False
