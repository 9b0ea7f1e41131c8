def is_square(n):
    return int(n ** 0.5 + 0.5) ** 2 == n
