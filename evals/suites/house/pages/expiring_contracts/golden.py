def expiring_contracts(rows, until, page=1):
    found = [row for row in rows if not row["deleted"] and row["signed"] and row["ends"] <= until]
    found.sort(key=lambda row: row["ends"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
