assert flight_fare_total(10000, 1) == {"cents": 10650, "currency": "EUR"}
assert flight_fare_total(10000, 0) == {"cents": 10650, "currency": "EUR"}
assert flight_fare_total(10000, 3) == {"cents": 15650, "currency": "EUR"}
assert flight_fare_total(100, 1) == {"cents": 107, "currency": "EUR"}
