def diagonal(rows):
    return [rows[index][index] for index in range(len(rows))]
