def total_values(data):
    return sum(data.values())
