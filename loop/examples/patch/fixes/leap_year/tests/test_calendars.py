from calendars import is_leap


def test_every_fourth_year():
    assert is_leap(2024) is True
    assert is_leap(2023) is False


def test_centuries():
    assert is_leap(1900) is False
    assert is_leap(2000) is True
