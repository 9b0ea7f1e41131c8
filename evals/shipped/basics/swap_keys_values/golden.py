def swap_keys_values(data):
    return {value: key for key, value in data.items()}
