def make_zeros(n):
    return [0] * n
