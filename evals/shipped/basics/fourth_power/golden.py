def fourth_power(n):
    return n ** 4
