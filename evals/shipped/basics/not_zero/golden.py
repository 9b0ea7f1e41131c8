def not_zero(n):
    return n != 0
