def is_longer(a, b):
    return len(a) > len(b)
