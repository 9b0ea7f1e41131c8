def middle_item(items):
    return items[len(items) // 2]
