def sum_of_three(a, b, c):
    return a + b + c
