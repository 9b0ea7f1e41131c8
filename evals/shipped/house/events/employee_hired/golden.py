def employee_hired(employee, actor):
    return {
        "event": "employee.hired",
        "v": 2,
        "actor": actor["id"],
        "subject": employee["id"],
        "data": {"role": employee["role"], "salary": employee["salary"], "email": employee["email"][0] + "***"},
    }
