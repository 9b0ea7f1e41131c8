def index_of_max(numbers):
    return numbers.index(max(numbers))
