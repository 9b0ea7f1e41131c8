def expand_range(text):
    first, last = text.split("-")
    return list(range(int(first), int(last) + 1))
