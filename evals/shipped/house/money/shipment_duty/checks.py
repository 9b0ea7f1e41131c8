assert shipment_duty(43000, False) == {"cents": 7310, "currency": "EUR"}
assert shipment_duty(43000, True) == {"cents": 8010, "currency": "EUR"}
assert shipment_duty(4250, False) == {"cents": 723, "currency": "EUR"}
assert shipment_duty(555, True) == {"cents": 794, "currency": "EUR"}
assert shipment_duty(123456700, False) == {"cents": 20987639, "currency": "EUR"}
