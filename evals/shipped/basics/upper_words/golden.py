def upper_words(words):
    return [word.upper() for word in words]
