def interleave(first, second):
    return [item for pair in zip(first, second) for item in pair]
