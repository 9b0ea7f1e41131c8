def get_keys(data):
    return list(data.keys())
