def list_unpaid_invoices(rows, page=1):
    found = [row for row in rows if not row["deleted"] and not row["paid"]]
    found.sort(key=lambda row: row["id"])
    start = (page - 1) * 25
    due = sum(row["amount"] for row in found)
    return {"items": found[start:start + 25], "page": page, "total": len(found), "due": due}
