assert text_to_float("2.5") == 2.5
assert text_to_float("3") == 3.0
assert text_to_float("-0.5") == -0.5
