def sum_between(low, high):
    return sum(range(low, high + 1))
