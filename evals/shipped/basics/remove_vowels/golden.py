def remove_vowels(text):
    result = ""
    for char in text:
        if char not in "aeiou":
            result += char
    return result
