def vehicle_serviced(vehicle, actor, km):
    garage = vehicle.get("garage", "own")
    return {
        "event": "vehicle.serviced",
        "v": 2,
        "actor": actor["id"],
        "subject": vehicle["id"],
        "data": {"km": {"from": vehicle["km"], "to": km}, "garage": garage},
    }
