def rotate_left(items):
    return items[1:] + items[:1]
