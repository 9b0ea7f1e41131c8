def get_values(data):
    return list(data.values())
