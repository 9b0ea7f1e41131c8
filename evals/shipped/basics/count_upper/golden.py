def count_upper(text):
    return sum(1 for char in text if char.isupper())
