def ends_in_vowel(word):
    return word[-1:].lower() in ("a", "e", "i", "o", "u")
