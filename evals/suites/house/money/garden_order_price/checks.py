assert garden_order_price([{"price": 250, "quantity": 4}, {"price": 999, "quantity": 1}]) == {"cents": 2689, "currency": "EUR"}
assert garden_order_price([{"price": 2500, "quantity": 2}]) == {"cents": 5690, "currency": "EUR"}
assert garden_order_price([{"price": 5001, "quantity": 1}]) == {"cents": 5001, "currency": "EUR"}
assert garden_order_price([]) == {"cents": 690, "currency": "EUR"}
