assert round(circle_area(1), 4) == 3.14
assert round(circle_area(2), 4) == 12.56
assert round(circle_area(10), 4) == 314.0
assert circle_area(0) == 0
