def product_reviews(rows, product, page=1):
    found = [row for row in rows if not row["deleted"] and row["product"] == product]
    found.sort(key=lambda row: row["date"], reverse=True)
    start = (page - 1) * 25
    unanswered = len([row for row in found if not row["reply"]])
    return {"items": found[start:start + 25], "page": page, "total": len(found), "unanswered": unanswered}
