assert vehicle_rental_price(2, 150) == {"cents": 7000, "currency": "EUR"}
assert vehicle_rental_price(1, 200) == {"cents": 3500, "currency": "EUR"}
assert vehicle_rental_price(1, 201) == {"cents": 3520, "currency": "EUR"}
assert vehicle_rental_price(3, 500) == {"cents": 16500, "currency": "EUR"}
