def mask_digits(text):
    return "".join("#" if char in "0123456789" else char for char in text)
