def count_char(text, char):
    return text.count(char)
