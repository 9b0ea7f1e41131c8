def first_three(items):
    return items[:3]
