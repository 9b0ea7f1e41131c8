def first_element(items):
    return items[0]
