few = [{"id": 12, "stage": "signed", "deleted": False}, {"id": 5, "stage": "signed", "deleted": True}, {"id": 2, "stage": "signed", "deleted": False}, {"id": 7, "stage": "sent", "deleted": False}]
many = [{"id": i, "stage": "signed", "deleted": False} for i in range(65)]
assert list_signed_contracts(few) == {"items": [{"id": 2, "stage": "signed", "deleted": False}, {"id": 12, "stage": "signed", "deleted": False}], "page": 1, "total": 2}
assert len(list_signed_contracts(many, 3)["items"]) == 15
assert len(list_signed_contracts(many, 2)["items"]) == 25
assert list_signed_contracts(many, 2)["items"][0]["id"] == 25
assert list_signed_contracts(many, 2)["total"] == 65
assert list_signed_contracts([], 4) == {"items": [], "page": 4, "total": 0}
