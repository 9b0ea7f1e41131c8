def smaller_of(a, b):
    return min(a, b)
