def alternate_signs(numbers):
    return [-number if index % 2 else number for index, number in enumerate(numbers)]
