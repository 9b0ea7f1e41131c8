def printer_job_price(pages, colour):
    rate = 19 if colour else 8
    total = max(pages * rate, 250)
    return {"cents": total, "currency": "EUR"}
