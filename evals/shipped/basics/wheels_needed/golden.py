def wheels_needed(cars):
    return cars * 4
