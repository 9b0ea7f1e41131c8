def previous_number(n):
    return n - 1
