def invoice_paid(invoice, actor):
    return {
        "event": "invoice.paid",
        "v": 2,
        "actor": actor["id"],
        "subject": invoice["id"],
        "data": {"amount": invoice["amount"], "method": invoice["method"]},
    }
