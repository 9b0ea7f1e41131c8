def list_maritime_museums(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["theme"] == "maritime"]
    found.sort(key=lambda row: row["founded"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
