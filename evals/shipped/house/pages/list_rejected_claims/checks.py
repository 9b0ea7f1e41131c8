few = [{"id": 13, "verdict": "rejected", "deleted": False}, {"id": 5, "verdict": "rejected", "deleted": True}, {"id": 2, "verdict": "rejected", "deleted": False}, {"id": 7, "verdict": "granted", "deleted": False}]
many = [{"id": i, "verdict": "rejected", "deleted": False} for i in range(62)]
assert list_rejected_claims(few) == {"items": [{"id": 2, "verdict": "rejected", "deleted": False}, {"id": 13, "verdict": "rejected", "deleted": False}], "page": 1, "total": 2}
assert len(list_rejected_claims(many, 3)["items"]) == 12
assert len(list_rejected_claims(many, 2)["items"]) == 25
assert list_rejected_claims(many, 2)["items"][0]["id"] == 25
assert list_rejected_claims(many, 2)["total"] == 62
assert list_rejected_claims([], 4) == {"items": [], "page": 4, "total": 0}
