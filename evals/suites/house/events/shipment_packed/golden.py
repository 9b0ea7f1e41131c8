def shipment_packed(shipment, actor):
    weight = sum(box["weight"] for box in shipment["boxes"])
    return {
        "event": "shipment.packed",
        "v": 2,
        "actor": actor["id"],
        "subject": shipment["id"],
        "data": {"weight": weight, "heavy": weight > 100},
    }
