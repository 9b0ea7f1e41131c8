def percent_of(number, percent):
    return percent / 100 * number
