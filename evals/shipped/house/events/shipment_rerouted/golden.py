def shipment_rerouted(shipment, actor, port):
    return {
        "event": "shipment.rerouted",
        "v": 2,
        "actor": actor["id"],
        "subject": shipment["id"],
        "data": {"port": {"from": shipment["port"], "to": port}},
    }
