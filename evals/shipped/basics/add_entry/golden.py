def add_entry(data, key, value):
    data[key] = value
    return data
