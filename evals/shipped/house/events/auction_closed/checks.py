assert auction_closed({"id": "a23", "bid": 5400, "lots": 3}, {"id": "u21"}) == {"event": "auction.closed", "v": 2, "actor": "u21", "subject": "a23", "data": {"bid": 5400, "lots": 3}}
assert auction_closed({"id": 540, "bid": 310, "lots": 1, "note": "internal"}, {"id": 51, "name": "Kit"}) == {"event": "auction.closed", "v": 2, "actor": 51, "subject": 540, "data": {"bid": 310, "lots": 1}}
assert auction_closed({"id": "auc-22", "bid": 0, "lots": 20}, {"id": "staff-20"}) == {"event": "auction.closed", "v": 2, "actor": "staff-20", "subject": "auc-22", "data": {"bid": 0, "lots": 20}}
