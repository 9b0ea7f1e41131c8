def without_ends(text):
    return text[1:-1]
