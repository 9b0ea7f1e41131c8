def max_of_list(numbers):
    return max(numbers)
