def unique_count(items):
    return len(set(items))
