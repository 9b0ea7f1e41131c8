def longest_run(items):
    best = run = 0
    last = None
    for index, item in enumerate(items):
        run = run + 1 if index and item == last else 1
        best = max(best, run)
        last = item
    return best
