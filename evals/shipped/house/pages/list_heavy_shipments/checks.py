few = [{"id": 13, "kilos": 500, "deleted": False}, {"id": 5, "kilos": 500, "deleted": True}, {"id": 4, "kilos": 500, "deleted": False}, {"id": 7, "kilos": 499, "deleted": False}]
many = [{"id": i, "kilos": 500, "deleted": False} for i in range(56)]
assert list_heavy_shipments(few) == {"items": [{"id": 4, "kilos": 500, "deleted": False}, {"id": 13, "kilos": 500, "deleted": False}], "page": 1, "total": 2}
assert len(list_heavy_shipments(many, 3)["items"]) == 6
assert len(list_heavy_shipments(many, 2)["items"]) == 25
assert list_heavy_shipments(many, 2)["items"][0]["id"] == 25
assert list_heavy_shipments(many, 2)["total"] == 56
assert list_heavy_shipments([], 4) == {"items": [], "page": 4, "total": 0}
