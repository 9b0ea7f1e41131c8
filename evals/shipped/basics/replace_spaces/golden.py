def replace_spaces(text):
    return text.replace(" ", "_")
