assert employee_promoted({"id": 30, "name": "Jo", "role": "clerk", "salary": 2800}, {"id": 1}, "lead", 3500) == {"event": "employee.promoted", "v": 2, "actor": 1, "subject": 30, "data": {"role": {"from": "clerk", "to": "lead"}, "salary": {"from": 2800, "to": 3500}}}
assert employee_promoted({"id": 31, "role": "cook", "salary": 2000}, {"id": 5}, "chef", 2000) == {"event": "employee.promoted", "v": 2, "actor": 5, "subject": 31, "data": {"role": {"from": "cook", "to": "chef"}, "salary": {"from": 2000, "to": 2000}}}
assert employee_promoted({"id": 31, "role": "cook", "salary": 1}, {"id": 5}, "chef", 2)["data"]["salary"] == {"from": 1, "to": 2}
assert list(employee_promoted({"id": 31, "role": "cook", "salary": 1}, {"id": 5}, "chef", 2)) == ["event", "v", "actor", "subject", "data"]
