assert safe_divide(10, 2) == 5
assert safe_divide(1, 4) == 0.25
assert safe_divide(3, 0) is None
assert safe_divide(0, 5) == 0
