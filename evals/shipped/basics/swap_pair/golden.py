def swap_pair(a, b):
    return [b, a]
