assert first_letter_counts(["ant", "bee", "ape"]) == {"a": 2, "b": 1}
assert first_letter_counts([]) == {}
assert first_letter_counts(["x"]) == {"x": 1}
