assert shipment_packed({"id": "s1", "boxes": [{"weight": 60}, {"weight": 41}]}, {"id": 4}) == {"event": "shipment.packed", "v": 2, "actor": 4, "subject": "s1", "data": {"weight": 101, "heavy": True}}
assert shipment_packed({"id": "s2", "boxes": [{"weight": 100}], "to": "Oslo"}, {"id": 4}) == {"event": "shipment.packed", "v": 2, "actor": 4, "subject": "s2", "data": {"weight": 100, "heavy": False}}
assert shipment_packed({"id": "s3", "boxes": []}, {"id": 4})["data"] == {"weight": 0, "heavy": False}
assert list(shipment_packed({"id": "s3", "boxes": []}, {"id": 4})) == ["event", "v", "actor", "subject", "data"]
