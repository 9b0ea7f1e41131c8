few = [{"id": 12, "usage": "redeemed", "deleted": False}, {"id": 5, "usage": "redeemed", "deleted": True}, {"id": 4, "usage": "redeemed", "deleted": False}, {"id": 7, "usage": "fresh", "deleted": False}]
many = [{"id": i, "usage": "redeemed", "deleted": False} for i in range(59)]
assert list_redeemed_vouchers(few) == {"items": [{"id": 4, "usage": "redeemed", "deleted": False}, {"id": 12, "usage": "redeemed", "deleted": False}], "page": 1, "total": 2}
assert len(list_redeemed_vouchers(many, 3)["items"]) == 9
assert len(list_redeemed_vouchers(many, 2)["items"]) == 25
assert list_redeemed_vouchers(many, 2)["items"][0]["id"] == 25
assert list_redeemed_vouchers(many, 2)["total"] == 59
assert list_redeemed_vouchers([], 4) == {"items": [], "page": 4, "total": 0}
