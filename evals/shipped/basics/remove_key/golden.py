def remove_key(data, key):
    del data[key]
    return data
