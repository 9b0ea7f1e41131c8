def campaign_donations(rows, campaign, least, page=1):
    found = [row for row in rows if not row["deleted"] and row["campaign"] == campaign and row["amount"] >= least]
    found.sort(key=lambda row: row["amount"], reverse=True)
    start = (page - 1) * 25
    raised = sum(row["amount"] for row in found)
    return {"items": found[start:start + 25], "page": page, "total": len(found), "raised": raised}
