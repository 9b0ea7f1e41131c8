def episodes_of_month(rows, show, month, page=1):
    found = [row for row in rows if not row["deleted"] and row["show"] == show and row["published"].startswith(month)]
    found.sort(key=lambda row: row["published"], reverse=True)
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
