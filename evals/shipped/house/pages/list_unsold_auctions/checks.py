few = [{"id": 10, "outcome": "unsold", "deleted": False}, {"id": 5, "outcome": "unsold", "deleted": True}, {"id": 2, "outcome": "unsold", "deleted": False}, {"id": 7, "outcome": "sold", "deleted": False}]
many = [{"id": i, "outcome": "unsold", "deleted": False} for i in range(53)]
assert list_unsold_auctions(few) == {"items": [{"id": 2, "outcome": "unsold", "deleted": False}, {"id": 10, "outcome": "unsold", "deleted": False}], "page": 1, "total": 2}
assert len(list_unsold_auctions(many, 3)["items"]) == 3
assert len(list_unsold_auctions(many, 2)["items"]) == 25
assert list_unsold_auctions(many, 2)["items"][0]["id"] == 25
assert list_unsold_auctions(many, 2)["total"] == 53
assert list_unsold_auctions([], 4) == {"items": [], "page": 4, "total": 0}
