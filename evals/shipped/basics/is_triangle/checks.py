assert is_triangle(3, 4, 5) is True
assert is_triangle(1, 2, 3) is False
assert is_triangle(5, 1, 1) is False
assert is_triangle(1, 5, 1) is False
