def count_odd(numbers):
    count = 0
    for n in numbers:
        if n % 2 != 0:
            count += 1
    return count
