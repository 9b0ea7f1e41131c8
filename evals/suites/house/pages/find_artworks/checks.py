rows = [{"id": 1, "title": "Harbour", "artist": "Rosa Hill", "year": 1920, "deleted": False}, {"id": 2, "title": "Rosa in spring", "artist": "Carl Voss", "year": 1880, "deleted": False}, {"id": 3, "title": "A rosary", "artist": "Carl Voss", "year": 1700, "deleted": False}, {"id": 4, "title": "Rosa", "artist": "Rosa Hill", "year": 1650, "deleted": True}]
many = [{"id": i, "title": "Sea", "artist": "N", "year": 1800 + i, "deleted": False} for i in range(60)]
assert [row["id"] for row in find_artworks(rows, "Rosa")["items"]] == [2, 1]
assert [row["id"] for row in find_artworks(rows, "Voss")["items"]] == [3, 2]
assert find_artworks(rows, "Zebra") == {"items": [], "page": 1, "total": 0}
assert find_artworks(many, "Sea", 2)["items"][0]["id"] == 25
assert len(find_artworks(many, "Sea", 3)["items"]) == 10
assert find_artworks(many, "Sea", 3)["total"] == 60
