def is_freezing(degrees):
    return degrees <= 0
