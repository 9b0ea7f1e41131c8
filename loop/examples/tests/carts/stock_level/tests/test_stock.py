import pytest
from stock import Stock


def test_taking_reduces_what_is_left():
    stock = Stock({"tea": 5})
    stock.take("tea", 2)
    assert stock.left("tea") == 3


def test_too_many_are_refused():
    with pytest.raises(ValueError):
        Stock({"tea": 5}).take("tea", 6)
