def append_item(items, value):
    return items + [value]
