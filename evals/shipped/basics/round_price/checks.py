assert round_price(3.14159) == 3.14
assert round_price(2.0) == 2.0
assert round_price(9.999) == 10.0
assert round_price(0.126) == 0.13
