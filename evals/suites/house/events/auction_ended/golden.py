def auction_ended(auction, actor):
    count = len(auction["bids"])
    verb = "sold" if count > 0 else "withdrawn"
    return {
        "event": "auction." + verb,
        "v": 2,
        "actor": actor["id"],
        "subject": auction["id"],
        "data": {"bids": count},
    }
