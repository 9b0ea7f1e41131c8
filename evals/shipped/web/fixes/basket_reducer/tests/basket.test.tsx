import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { type Action, type Basket, EMPTY, basketReducer } from "../src/basket";
import { BasketView } from "../src/BasketView";

afterEach(() => {
  cleanup();
});

function frozen(...items: Basket["items"]): Basket {
  return Object.freeze({ items: Object.freeze(items.map((item) => Object.freeze(item))) }) as unknown as Basket;
}
const add = (id: string): Action => ({ type: "add", id, name: id.toUpperCase() });
const remove = (id: string): Action => ({ type: "remove", id });
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const rows = () => screen.queryAllByRole("listitem").map((row) => row.querySelector("span")?.textContent);

describe("basket", () => {
  it("counts a second piece on the screen", () => {
    render(<BasketView />);
    press("Add Fig");
    press("Add Fig");
    press("Add Pear");
    expect(rows()).toEqual(["Fig × 2", "Pear × 1"]);
    press("Add Fig");
    expect(rows()).toEqual(["Fig × 3", "Pear × 1"]);
  });

  it("starts from an empty basket each time", () => {
    expect(basketReducer(frozen(), add("p"))).toEqual({ items: [{ id: "p", name: "P", pieces: 1 }] });
    expect(EMPTY).toEqual({ items: [] });
  });

  it("adds to frozen state", () => {
    const before = frozen({ id: "p", name: "P", pieces: 1 }, { id: "f", name: "F", pieces: 4 });
    const after = basketReducer(before, add("p"));
    expect(after).toEqual({ items: [{ id: "p", name: "P", pieces: 2 }, { id: "f", name: "F", pieces: 4 }] });
    expect(after.items[1]).toBe(before.items[1]);
    expect(before.items[0].pieces).toBe(1);
  });

  it("removes from frozen state", () => {
    const before = frozen({ id: "p", name: "P", pieces: 2 }, { id: "f", name: "F", pieces: 1 });
    expect(basketReducer(before, remove("p")).items.map((item) => item.pieces)).toEqual([1, 1]);
    expect(basketReducer(before, remove("f")).items.map((item) => item.id)).toEqual(["p"]);
    expect(before.items).toHaveLength(2);
  });

  it("ignores unknown ids when removing", () => {
    const before = frozen({ id: "p", name: "P", pieces: 2 });
    expect(basketReducer(before, remove("x"))).toEqual({ items: [{ id: "p", name: "P", pieces: 2 }] });
  });
});
