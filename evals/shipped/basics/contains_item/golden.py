def contains_item(items, value):
    return value in items
