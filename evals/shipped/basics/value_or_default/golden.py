def value_or_default(data, key, default):
    return data.get(key, default)
