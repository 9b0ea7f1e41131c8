def long_words(words, n):
    return [word for word in words if len(word) > n]
