def swap_text(text, old, new):
    return text.replace(old, new)
