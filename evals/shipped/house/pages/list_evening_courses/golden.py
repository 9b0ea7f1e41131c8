def list_evening_courses(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["slot"] == "evening"]
    found.sort(key=lambda row: row["title"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
