def auctions_without_bids(rows, limit, page=1):
    found = [row for row in rows if not row["deleted"] and len(row["bids"]) == 0 and row["reserve"] < limit]
    found.sort(key=lambda row: row["closes"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
