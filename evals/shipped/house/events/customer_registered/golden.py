def customer_registered(customer, actor):
    return {
        "event": "customer.registered",
        "v": 2,
        "actor": actor["id"],
        "subject": customer["id"],
        "data": {"country": customer["country"], "email": customer["email"][0] + "***"},
    }
