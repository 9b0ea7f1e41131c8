def pairs_that_sum(numbers, total):
    count = 0
    for first in range(len(numbers)):
        for second in range(first + 1, len(numbers)):
            if numbers[first] + numbers[second] == total:
                count += 1
    return count
