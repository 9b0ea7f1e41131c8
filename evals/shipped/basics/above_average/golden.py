def above_average(numbers):
    if not numbers:
        return []
    mean = sum(numbers) / len(numbers)
    return [number for number in numbers if number > mean]
