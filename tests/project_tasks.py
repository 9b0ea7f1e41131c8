"""Two small projects for tests: a React component under vitest, a Python class under pytest, and right answers to both."""

from __future__ import annotations

from typing import Any

from evals.records import Limits, Task

COUNTER_TEST = """import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import '@testing-library/jest-dom';
import { describe, expect, test, vi } from 'vitest';
import Counter from '../src/Counter';

describe('Counter', () => {
  test('starts at zero', () => {
    render(<Counter />);
    expect(screen.getByRole('button')).toHaveTextContent('clicked 0');
  });
  test('counts clicks', async () => {
    render(<Counter />);
    await userEvent.click(screen.getByRole('button', { name: /clicked/ }));
    expect(screen.getByText('clicked 1')).toBeInTheDocument();
  });
  test('tells its parent', async () => {
    const told = vi.fn();
    render(<Counter onCount={told} />);
    await userEvent.click(screen.getByRole('button'));
    await waitFor(() => expect(told).toHaveBeenCalledWith(1));
    expect(screen.queryByText('clicked 0')).not.toBeInTheDocument();
  });
});
"""
COUNTER = """import { useState } from 'react';
import { label } from './label';

export default function Counter({ onCount }: { onCount?: (n: number) => void }) {
  const [n, setN] = useState<number>(0);
  return <button onClick={() => { setN(n + 1); onCount?.(n + 1); }}>{label(n)}</button>;
}
"""
IDS = ("starts at zero", "counts clicks", "tells its parent")

CART_TEST = """import unittest

import pytest
from cart import Cart


@pytest.fixture
def cart():
    return Cart()


def test_empty_is_zero(cart):
    assert cart.total() == 0


@pytest.mark.parametrize("n,total", [(1, 3), (2, 6)])
def test_teas(cart, n, total):
    for _ in range(n):
        cart.add("tea")
    assert cart.total() == total


def test_unknown(cart):
    with pytest.raises(KeyError):
        cart.add("boat")


class TestItems:
    def test_items(self, tmp_path):
        cart = Cart()
        cart.add("cup")
        assert cart.items


class CartCase(unittest.TestCase):
    def test_both(self):
        cart = Cart()
        cart.add("cup")
        cart.add("tea")
        self.assertEqual(cart.total(), 8)
"""
CART = """from prices import PRICES


class Cart:
    def __init__(self):
        self.items = []

    def add(self, name):
        PRICES[name]
        self.items.append(name)

    def total(self):
        return sum(PRICES[item] for item in self.items)
"""


def counter_task(**changes: Any) -> Task:
    values: dict[str, Any] = {
        "id": "counter",
        "kind": "tests",
        "language": "tsx",
        "entry": "src/Counter.tsx",
        "starter": {"src/label.ts": "export const label = (n: number): string => `clicked ${n}`;\n"},
        "tests": {"tests/counter.test.tsx": COUNTER_TEST},
        "golden": COUNTER,
        "limits": Limits(wall_seconds=120.0, memory_mb=2048, processes=64),
        **changes,
    }
    return Task(suite="projects", split="train", group=values["id"], prompt="p", **values)


def cart_task(**changes: Any) -> Task:
    values: dict[str, Any] = {
        "id": "cart",
        "kind": "tests",
        "entry": "cart.py",
        "starter": {"prices.py": "PRICES = {'tea': 3, 'cup': 5}\n"},
        "tests": {"tests/test_cart.py": CART_TEST},
        "golden": CART,
        "limits": Limits(wall_seconds=60.0, processes=32),
        **changes,
    }
    return Task(suite="projects", split="train", group=values["id"], prompt="p", **values)
