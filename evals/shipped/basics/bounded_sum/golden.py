def bounded_sum(numbers, limit):
    total = 0
    for number in numbers:
        if total + number > limit:
            break
        total += number
    return total
