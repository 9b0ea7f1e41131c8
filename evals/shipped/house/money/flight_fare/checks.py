assert flight_fare(33000) == {"cents": 39270, "currency": "EUR"}
assert flight_fare(2950) == {"cents": 3511, "currency": "EUR"}
assert flight_fare(444) == {"cents": 528, "currency": "EUR"}
assert flight_fare(0) == {"cents": 0, "currency": "EUR"}
assert flight_fare(123456700) == {"cents": 146913473, "currency": "EUR"}
