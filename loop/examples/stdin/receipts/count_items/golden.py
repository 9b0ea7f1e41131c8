import sys
from collections import Counter

for name, count in sorted(Counter(sys.stdin.read().split("\n")).items()):
    if name:
        print(f"{name} x {count}")
