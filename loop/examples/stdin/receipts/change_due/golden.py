due, paid = map(int, input().split())
print(f"change: {paid - due}" if paid >= due else f"missing: {due - paid}")
