def to_letters(word):
    return list(word)
