def most_common(items):
    return max(items, key=items.count)
