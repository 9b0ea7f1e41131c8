def ticket_assigned(ticket, actor, agent):
    return {
        "event": "ticket.assigned",
        "v": 2,
        "actor": actor["id"],
        "subject": ticket["id"],
        "data": {"agent": {"from": ticket["agent"], "to": agent}},
    }
