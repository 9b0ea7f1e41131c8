def binary_to_int(text):
    return int(text, 2)
