assert discount(100, 20) == 80.0
assert discount(50, 0) == 50.0
assert discount(200, 50) == 100.0
