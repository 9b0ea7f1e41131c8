def auction_closed(auction, actor):
    return {
        "event": "auction.closed",
        "v": 2,
        "actor": actor["id"],
        "subject": auction["id"],
        "data": {"bid": auction["bid"], "lots": auction["lots"]},
    }
