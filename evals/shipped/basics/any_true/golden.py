def any_true(flags):
    return any(flags)
