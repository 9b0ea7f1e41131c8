def all_same(items):
    return all(item == items[0] for item in items)
