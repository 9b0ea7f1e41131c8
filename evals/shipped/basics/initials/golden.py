def initials(words):
    return "".join(word[0] for word in words)
