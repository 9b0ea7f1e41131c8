def patient_share(cents, private):
    total = (cents * 1000 + 5000) // 10000
    if private:
        total += 600
    return {"cents": total, "currency": "EUR"}
