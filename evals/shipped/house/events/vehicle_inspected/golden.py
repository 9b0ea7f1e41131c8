def vehicle_inspected(vehicle, actor):
    return {
        "event": "vehicle.inspected",
        "v": 2,
        "actor": actor["id"],
        "subject": vehicle["id"],
        "data": {"plate": vehicle["plate"], "mileage": vehicle["mileage"], "verdict": vehicle["verdict"]},
    }
