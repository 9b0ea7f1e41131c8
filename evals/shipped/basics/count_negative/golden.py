def count_negative(numbers):
    return sum(1 for number in numbers if number < 0)
