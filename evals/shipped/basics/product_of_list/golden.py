def product_of_list(numbers):
    result = 1
    for n in numbers:
        result *= n
    return result
