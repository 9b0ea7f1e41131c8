def list_good_reviews(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["stars"] >= 4]
    found.sort(key=lambda row: row["id"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
