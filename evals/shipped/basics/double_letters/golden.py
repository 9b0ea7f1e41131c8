def double_letters(text):
    return "".join(char * 2 for char in text)
