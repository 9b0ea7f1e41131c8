def has_items(items):
    return len(items) > 0
