def sum_odd_positions(numbers):
    return sum(numbers[1::2])
