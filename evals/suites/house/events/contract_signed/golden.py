def contract_signed(contract, actor):
    return {
        "event": "contract.signed",
        "v": 2,
        "actor": actor["id"],
        "subject": contract["id"],
        "data": {"name": contract["name"][0] + ".", "clauses": len(contract["clauses"])},
    }
