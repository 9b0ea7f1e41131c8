def count_true(flags):
    return flags.count(True)
