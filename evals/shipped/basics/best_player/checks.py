assert best_player({"Ann": 3, "Bob": 7}) == "Bob"
assert best_player({"Zoe": 9, "Abe": 2, "Cal": 5}) == "Zoe"
assert best_player({"Solo": 0}) == "Solo"
assert best_player({"a": -3, "b": -1, "c": -2}) == "b"
