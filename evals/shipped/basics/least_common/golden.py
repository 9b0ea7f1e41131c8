def least_common(items):
    return min(items, key=items.count)
