import sys

print("total:", sum(int(line) for line in sys.stdin if line.strip()))
