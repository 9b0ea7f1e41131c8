def merge_dicts(first, second):
    result = dict(first)
    result.update(second)
    return result
