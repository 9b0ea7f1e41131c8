def square_root(n):
    return n ** 0.5
