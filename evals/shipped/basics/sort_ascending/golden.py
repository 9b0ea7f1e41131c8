def sort_ascending(numbers):
    return sorted(numbers)
