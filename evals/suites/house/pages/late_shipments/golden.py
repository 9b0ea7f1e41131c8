def late_shipments(rows, depot, today, page=1):
    found = [row for row in rows if not row["deleted"] and row["depot"] == depot and row["arrived"] is None and row["promised"] < today]
    found.sort(key=lambda row: row["id"])
    start = (page - 1) * 25
    items = [{"id": row["id"], "days": today - row["promised"]} for row in found[start:start + 25]]
    return {"items": items, "page": page, "total": len(found)}
