def string_to_number(text):
    return int(text)
