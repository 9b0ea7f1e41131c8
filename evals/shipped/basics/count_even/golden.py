def count_even(numbers):
    return sum(1 for number in numbers if number % 2 == 0)
