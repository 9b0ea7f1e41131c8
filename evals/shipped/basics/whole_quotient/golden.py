def whole_quotient(a, b):
    return a // b
