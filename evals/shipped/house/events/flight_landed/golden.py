def flight_landed(flight, actor):
    return {
        "event": "flight.landed",
        "v": 2,
        "actor": actor["id"],
        "subject": flight["id"],
        "data": {"runway": flight["runway"], "gate": flight["gate"]},
    }
