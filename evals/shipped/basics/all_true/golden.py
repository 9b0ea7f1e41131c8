def all_true(flags):
    return all(flags)
