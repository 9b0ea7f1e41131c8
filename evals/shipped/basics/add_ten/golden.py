def add_ten(n):
    return n + 10
