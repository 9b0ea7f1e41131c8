people = [{"id": 1, "name": "Noah Berg", "deleted": False}, {"id": 2, "name": "Ada Bergman", "deleted": False}, {"id": 3, "name": "Liv Moe", "deleted": False}, {"id": 4, "name": "Kim Berg", "deleted": True}]
many = [{"id": 99 - i, "name": "Customer " + str(100 + i), "deleted": False} for i in range(30)]
assert [row["name"] for row in search_customers(people, "BERG")["items"]] == ["Ada Bergman", "Noah Berg"]
assert search_customers(people, "moe") == {"items": [{"id": 3, "name": "Liv Moe", "deleted": False}], "page": 1, "total": 1}
assert search_customers(people, "zz") == {"items": [], "page": 1, "total": 0}
assert search_customers(people, "")["total"] == 3
assert len(search_customers(many, "cust")["items"]) == 25
assert search_customers(many, "cust", 2)["items"][0]["name"] == "Customer 125"
assert search_customers(many, "cust", 2)["total"] == 30
