def count_waiting_tickets(call, sleep, team):
    for attempt in range(4):
        try:
            return {"ok": True, "value": len(call(team))}
        except KeyError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "queue_unavailable"}
