def sum_to_n(n):
    return sum(range(1, n + 1))
