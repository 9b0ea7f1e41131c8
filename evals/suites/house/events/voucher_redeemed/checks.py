assert voucher_redeemed({"id": "x7", "value": 50, "email": "rob@r.uk"}, {"id": 3}, 20) == {"event": "voucher.redeemed", "v": 2, "actor": 3, "subject": "x7", "data": {"value": {"from": 50, "to": 30}, "email": "r***"}}
assert voucher_redeemed({"id": "x8", "value": 10, "email": "ed@r.uk", "name": "Ed"}, {"id": 3}, 10) == {"event": "voucher.redeemed", "v": 2, "actor": 3, "subject": "x8", "data": {"value": {"from": 10, "to": 0}, "email": "e***"}}
assert voucher_redeemed({"id": "x8", "value": 10, "email": "lu@r.uk"}, {"id": 3}, 1)["data"] == {"value": {"from": 10, "to": 9}, "email": "l***"}
assert list(voucher_redeemed({"id": "x8", "value": 10, "email": "lu@r.uk"}, {"id": 3}, 1)) == ["event", "v", "actor", "subject", "data"]
