from vouchers import is_valid


def test_a_sound_code():
    assert is_valid("TEA-2026") is True


def test_another_form():
    assert is_valid("tea-2026") is False
    assert is_valid("TEA-20261") is False
