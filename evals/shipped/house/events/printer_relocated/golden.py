def printer_relocated(printer, actor, floor):
    return {
        "event": "printer.relocated",
        "v": 2,
        "actor": actor["id"],
        "subject": printer["id"],
        "data": {"floor": {"from": printer["floor"], "to": floor}},
    }
