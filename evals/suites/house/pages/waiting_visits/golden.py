def waiting_visits(rows, room, hidden, page=1):
    found = [row for row in rows if not row["deleted"] and row["room"] == room and row["state"] not in hidden]
    found.sort(key=lambda row: row["id"])
    start = (page - 1) * 25
    items = [{"id": row["id"], "label": row["patient"] + ": " + row["state"]} for row in found[start:start + 25]]
    return {"items": items, "page": page, "total": len(found)}
