assert warehouse_counted({"id": "w1", "city": "Ulm", "stock": {"nail": 40, "bolt": 2}}, {"id": 6}) == {"event": "warehouse.counted", "v": 2, "actor": 6, "subject": "w1", "data": {"pieces": 42, "city": "Ulm"}}
assert warehouse_counted({"id": "w2", "city": "Bonn", "stock": {}}, {"id": 6}) == {"event": "warehouse.counted", "v": 2, "actor": 6, "subject": "w2", "data": {"pieces": 0, "city": "Bonn"}}
assert warehouse_counted({"id": "w3", "city": "Bonn", "stock": {"saw": 7}, "halls": 2}, {"id": 6})["data"] == {"pieces": 7, "city": "Bonn"}
assert list(warehouse_counted({"id": "w2", "city": "Bonn", "stock": {}}, {"id": 6})) == ["event", "v", "actor", "subject", "data"]
