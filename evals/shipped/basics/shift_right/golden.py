def shift_right(items):
    return items[-1:] + items[:-1]
