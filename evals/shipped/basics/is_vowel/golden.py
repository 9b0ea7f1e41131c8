def is_vowel(letter):
    return letter.lower() in "aeiou"
