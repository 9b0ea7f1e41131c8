def move_zeros(numbers):
    rest = [number for number in numbers if number != 0]
    return rest + [0] * (len(numbers) - len(rest))
