def last_two(items):
    return items[-2:]
