def employee_promoted(employee, actor, role, salary):
    return {
        "event": "employee.promoted",
        "v": 2,
        "actor": actor["id"],
        "subject": employee["id"],
        "data": {
            "role": {"from": employee["role"], "to": role},
            "salary": {"from": employee["salary"], "to": salary},
        },
    }
