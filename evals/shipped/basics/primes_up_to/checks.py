assert primes_up_to(10) == [2, 3, 5, 7]
assert primes_up_to(2) == [2]
assert primes_up_to(1) == []
assert primes_up_to(13) == [2, 3, 5, 7, 11, 13]
