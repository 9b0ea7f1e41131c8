def max_of_two(a, b):
    if a > b:
        return a
    return b
