def pad_left(text, width):
    return "0" * (width - len(text)) + text
