def flatten(lists):
    result = []
    for inner in lists:
        for item in inner:
            result.append(item)
    return result
