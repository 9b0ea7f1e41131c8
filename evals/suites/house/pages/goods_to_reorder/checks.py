rows = [{"id": 7, "stock": 1, "minimum": 5, "deleted": False}, {"id": 3, "stock": 8, "minimum": 10, "deleted": False}, {"id": 4, "stock": 6, "minimum": 6, "deleted": False}, {"id": 5, "stock": 0, "minimum": 50, "deleted": True}]
many = [{"id": i, "stock": 1, "minimum": 2, "deleted": False} for i in range(33)]
assert [row["id"] for row in goods_to_reorder(rows)["items"]] == [3, 7]
assert goods_to_reorder(rows)["missing"] == 6
assert goods_to_reorder(rows)["total"] == 2
assert goods_to_reorder([]) == {"items": [], "page": 1, "total": 0, "missing": 0}
assert goods_to_reorder(many, 2)["missing"] == 33
assert len(goods_to_reorder(many, 2)["items"]) == 8
assert goods_to_reorder(many, 2)["total"] == 33
