def vowels_to_stars(text):
    return "".join("*" if char in "aeiou" else char for char in text)
