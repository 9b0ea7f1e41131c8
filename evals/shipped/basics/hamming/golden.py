def hamming(first, second):
    return sum(first[index] != second[index] for index in range(len(first)))
