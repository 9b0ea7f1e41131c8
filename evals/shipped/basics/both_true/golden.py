def both_true(a, b):
    return a and b
