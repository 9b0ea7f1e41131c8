def both_ends_equal(items):
    return bool(items) and items[0] == items[-1]
