def upcoming_bookings(rows, today, page=1):
    found = [row for row in rows if not row["deleted"] and row["date"] >= today and row["status"] != "cancelled"]
    found.sort(key=lambda row: row["date"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
