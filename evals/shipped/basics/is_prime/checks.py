assert is_prime(7) is True
assert is_prime(9) is False
assert is_prime(2) is True
assert is_prime(1) is False
assert is_prime(0) is False
assert is_prime(25) is False
assert is_prime(4) is False
