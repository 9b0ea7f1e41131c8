def clinic_patient_share(cents, insured, child):
    if child:
        total = 0
    elif insured:
        total = (cents * 1500 + 5000) // 10000 + 500
    else:
        total = cents
    return {"cents": total, "currency": "EUR"}
