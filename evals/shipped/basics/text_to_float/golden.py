def text_to_float(text):
    return float(text)
