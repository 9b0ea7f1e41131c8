def trim_text(text):
    return text.strip()
