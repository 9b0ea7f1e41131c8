def count_in_list(items, value):
    return items.count(value)
