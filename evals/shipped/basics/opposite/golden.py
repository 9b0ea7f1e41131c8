def opposite(flag):
    return not flag
