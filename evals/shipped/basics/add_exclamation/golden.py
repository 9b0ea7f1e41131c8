def add_exclamation(text):
    return text + "!"
