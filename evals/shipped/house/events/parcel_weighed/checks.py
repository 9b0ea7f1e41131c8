assert parcel_weighed({"id": "p4", "weight": 3}, {"id": "u2"}) == {"event": "parcel.weighed", "v": 2, "actor": "u2", "subject": "p4", "data": {"weight": 3}}
assert parcel_weighed({"id": 407, "weight": 12.5, "note": "internal"}, {"id": 32, "name": "Kit"}) == {"event": "parcel.weighed", "v": 2, "actor": 32, "subject": 407, "data": {"weight": 12.5}}
assert parcel_weighed({"id": "par-3", "weight": 0}, {"id": "staff-1"}) == {"event": "parcel.weighed", "v": 2, "actor": "staff-1", "subject": "par-3", "data": {"weight": 0}}
