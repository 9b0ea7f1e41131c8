from averages import average


def test_numbers():
    assert average([1, 2, 6]) == 3.0


def test_no_numbers():
    assert average([]) == 0.0
