assert swap_text("cat", "c", "b") == "bat"
assert swap_text("aaa", "a", "b") == "bbb"
assert swap_text("dog", "x", "y") == "dog"
