def list_depot_drivers(rows, depot, page=1):
    found = [row for row in rows if not row["deleted"] and row["depot"] == depot]
    found.sort(key=lambda row: row["id"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
