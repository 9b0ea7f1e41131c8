assert harbour_dues(42000) == {"cents": 47460, "currency": "EUR"}
assert harbour_dues(4050) == {"cents": 4577, "currency": "EUR"}
assert harbour_dues(542) == {"cents": 612, "currency": "EUR"}
assert harbour_dues(0) == {"cents": 0, "currency": "EUR"}
assert harbour_dues(123456700) == {"cents": 139506071, "currency": "EUR"}
