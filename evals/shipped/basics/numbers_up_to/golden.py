def numbers_up_to(n):
    return list(range(1, n + 1))
