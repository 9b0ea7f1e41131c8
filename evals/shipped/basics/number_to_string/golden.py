def number_to_string(n):
    return str(n)
