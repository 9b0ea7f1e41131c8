def multiply_three(a, b, c):
    return a * b * c
