def search_customers(rows, text, page=1):
    found = [row for row in rows if not row["deleted"] and text.lower() in row["name"].lower()]
    found.sort(key=lambda row: row["name"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
