def list_overdue_loans(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["standing"] == "overdue"]
    found.sort(key=lambda row: row["days"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
