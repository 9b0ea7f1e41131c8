def is_sorted_text(text):
    return list(text) == sorted(text)
