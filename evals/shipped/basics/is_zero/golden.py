def is_zero(n):
    return n == 0
