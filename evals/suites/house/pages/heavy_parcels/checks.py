rows = [{"id": 1, "weight": 21, "to": "Oslo", "deleted": False}, {"id": 2, "weight": 20, "to": "Bonn", "deleted": False}, {"id": 3, "weight": 44, "to": "Rome", "deleted": False}, {"id": 4, "weight": 50, "to": "Kiel", "deleted": True}]
many = [{"id": i, "weight": 90 - i, "to": "Oslo", "deleted": False} for i in range(30)]
assert heavy_parcels(rows) == {"items": [{"id": 3, "weight": 44}, {"id": 1, "weight": 21}], "page": 1, "total": 2}
assert heavy_parcels([]) == {"items": [], "page": 1, "total": 0}
assert heavy_parcels(many)["total"] == 30
assert len(heavy_parcels(many)["items"]) == 25
assert heavy_parcels(many, 2)["items"][0] == {"id": 25, "weight": 65}
