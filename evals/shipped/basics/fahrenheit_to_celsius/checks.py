assert round(fahrenheit_to_celsius(32), 6) == 0
assert round(fahrenheit_to_celsius(212), 6) == 100
assert round(fahrenheit_to_celsius(-40), 6) == -40
assert round(fahrenheit_to_celsius(50), 6) == 10
