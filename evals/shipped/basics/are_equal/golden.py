def are_equal(a, b):
    return a == b
