def double_plus_one(n):
    return 2 * n + 1
