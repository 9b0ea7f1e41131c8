def voucher_redeemed(voucher, actor, spent):
    value = voucher["value"]
    return {
        "event": "voucher.redeemed",
        "v": 2,
        "actor": actor["id"],
        "subject": voucher["id"],
        "data": {
            "value": {"from": value, "to": value - spent},
            "email": voucher["email"][0] + "***",
        },
    }
