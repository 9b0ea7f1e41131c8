assert dollars_to_cents(1) == 100
assert dollars_to_cents(12) == 1200
assert dollars_to_cents(0) == 0
