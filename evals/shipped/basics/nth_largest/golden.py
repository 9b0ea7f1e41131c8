def nth_largest(numbers, n):
    return sorted(numbers, reverse=True)[n - 1]
