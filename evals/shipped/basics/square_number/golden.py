def square_number(n):
    return n * n
