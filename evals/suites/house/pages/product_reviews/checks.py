rows = [{"id": 1, "product": "mug", "date": "2024-01-01", "reply": "", "deleted": False}, {"id": 2, "product": "mug", "date": "2024-03-01", "reply": "Thanks", "deleted": False}, {"id": 3, "product": "pen", "date": "2024-02-01", "reply": "", "deleted": False}, {"id": 4, "product": "mug", "date": "2024-04-01", "reply": "", "deleted": True}]
many = [{"id": i, "product": "cap", "date": "2024-01-01", "reply": "", "deleted": False} for i in range(28)]
assert [row["id"] for row in product_reviews(rows, "mug")["items"]] == [2, 1]
assert product_reviews(rows, "mug")["unanswered"] == 1
assert product_reviews(rows, "mug")["total"] == 2
assert product_reviews(rows, "hat") == {"items": [], "page": 1, "total": 0, "unanswered": 0}
assert product_reviews(many, "cap", 2)["unanswered"] == 28
assert len(product_reviews(many, "cap", 2)["items"]) == 3
assert product_reviews(many, "cap", 2)["total"] == 28
