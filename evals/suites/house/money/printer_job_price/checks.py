assert printer_job_price(100, False) == {"cents": 800, "currency": "EUR"}
assert printer_job_price(100, True) == {"cents": 1900, "currency": "EUR"}
assert printer_job_price(5, True) == {"cents": 250, "currency": "EUR"}
assert printer_job_price(31, False) == {"cents": 250, "currency": "EUR"}
assert printer_job_price(32, False) == {"cents": 256, "currency": "EUR"}
