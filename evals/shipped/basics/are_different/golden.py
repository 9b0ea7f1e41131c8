def are_different(a, b):
    return a != b
