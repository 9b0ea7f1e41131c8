def meal_served(meal, actor):
    return {
        "event": "meal.served",
        "v": 2,
        "actor": actor["id"],
        "subject": meal["id"],
        "data": {"dish": meal["dish"], "table": meal["table"]},
    }
