def only_digits(text):
    return text.isdigit()
