def caesar_shift(text, k):
    result = ""
    for char in text:
        if "a" <= char <= "z":
            result += chr((ord(char) - ord("a") + k) % 26 + ord("a"))
        else:
            result += char
    return result
