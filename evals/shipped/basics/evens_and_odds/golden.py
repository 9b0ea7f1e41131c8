def evens_and_odds(numbers):
    evens = []
    odds = []
    for n in numbers:
        if n % 2 == 0:
            evens.append(n)
        else:
            odds.append(n)
    return [evens, odds]
