def remove_char(text, char):
    return text.replace(char, "")
