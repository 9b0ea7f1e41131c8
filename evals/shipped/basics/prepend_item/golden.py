def prepend_item(items, value):
    return [value] + items
