def sum_matrix(rows):
    return sum(sum(row) for row in rows)
