rows = [{"id": 1, "bids": [], "reserve": 40, "closes": "2024-08-09", "deleted": False}, {"id": 2, "bids": [], "reserve": 10, "closes": "2024-08-01", "deleted": False}, {"id": 3, "bids": [12], "reserve": 10, "closes": "2024-07-01", "deleted": False}, {"id": 4, "bids": [], "reserve": 50, "closes": "2024-07-02", "deleted": False}, {"id": 5, "bids": [], "reserve": 5, "closes": "2024-07-03", "deleted": True}]
many = [{"id": i, "bids": [], "reserve": 1, "closes": "2024-01-01", "deleted": False} for i in range(60)]
assert [row["id"] for row in auctions_without_bids(rows, 50)["items"]] == [2, 1]
assert auctions_without_bids(rows, 51)["total"] == 3
assert auctions_without_bids(rows, 0) == {"items": [], "page": 1, "total": 0}
assert auctions_without_bids(many, 50, 2)["items"][0]["id"] == 25
assert len(auctions_without_bids(many, 50, 3)["items"]) == 10
assert auctions_without_bids(many, 50, 3)["total"] == 60
