def free_rooms(rows, beds, nights, page=1):
    found = [row for row in rows if not row["deleted"] and row["guest"] is None and row["beds"] >= beds]
    found.sort(key=lambda row: row["price"])
    start = (page - 1) * 25
    items = [{"id": row["id"], "cost": row["price"] * nights} for row in found[start:start + 25]]
    return {"items": items, "page": page, "total": len(found)}
