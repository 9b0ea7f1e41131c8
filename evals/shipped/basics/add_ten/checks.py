assert add_ten(5) == 15
assert add_ten(0) == 10
assert add_ten(-10) == 0
