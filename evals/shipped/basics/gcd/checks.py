assert gcd(12, 18) == 6
assert gcd(7, 13) == 1
assert gcd(10, 5) == 5
assert gcd(9, 9) == 9
assert gcd(1, 8) == 1
