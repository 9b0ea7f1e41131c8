assert hotel_rated({"id": 20, "stars": 3}, {"id": 8}, 4) == {"event": "hotel.rated", "v": 2, "actor": 8, "subject": 20, "data": {"stars": {"from": 3, "to": 4}, "better": True}}
assert hotel_rated({"id": 21, "stars": 4, "city": "Wien"}, {"id": 8}, 4) == {"event": "hotel.rated", "v": 2, "actor": 8, "subject": 21, "data": {"stars": {"from": 4, "to": 4}, "better": False}}
assert hotel_rated({"id": 21, "stars": 5}, {"id": 8}, 2)["data"] == {"stars": {"from": 5, "to": 2}, "better": False}
assert list(hotel_rated({"id": 21, "stars": 5}, {"id": 8}, 2)) == ["event", "v", "actor", "subject", "data"]
