def vehicles_in_budget(rows, low, high, page=1):
    found = [row for row in rows if not row["deleted"] and not row["sold"] and low <= row["price"] <= high]
    found.sort(key=lambda row: row["price"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
