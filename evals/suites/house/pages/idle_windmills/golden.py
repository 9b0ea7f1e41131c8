def idle_windmills(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["output"] == 0]
    found.sort(key=lambda row: row["id"])
    start = (page - 1) * 25
    items = [{"id": row["id"], "place": row["place"]} for row in found[start:start + 25]]
    lost = sum(row["capacity"] for row in found)
    return {"items": items, "page": page, "total": len(found), "lost": lost}
