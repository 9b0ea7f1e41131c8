assert auction_ended({"id": 90, "bids": [100, 150]}, {"id": "h1"}) == {"event": "auction.sold", "v": 2, "actor": "h1", "subject": 90, "data": {"bids": 2}}
assert auction_ended({"id": 91, "bids": []}, {"id": "h1"}) == {"event": "auction.withdrawn", "v": 2, "actor": "h1", "subject": 91, "data": {"bids": 0}}
assert auction_ended({"id": 92, "bids": [5], "lot": "Vase"}, {"id": "h2"})["event"] == "auction.sold"
assert list(auction_ended({"id": 92, "bids": [5]}, {"id": "h2"})) == ["event", "v", "actor", "subject", "data"]
