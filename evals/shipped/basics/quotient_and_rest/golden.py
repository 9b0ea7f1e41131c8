def quotient_and_rest(a, b):
    return [a // b, a % b]
