def ticket_reassigned(ticket, actor, agent):
    return {
        "event": "ticket.reassigned",
        "v": 2,
        "actor": actor["id"],
        "subject": ticket["id"],
        "data": {"agent": {"from": ticket["agent"], "to": agent}},
    }
