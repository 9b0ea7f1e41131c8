import sys

rows = [line.split() for line in sys.stdin if line.strip()]
print(max(rows, key=lambda row: int(row[1]))[0])
