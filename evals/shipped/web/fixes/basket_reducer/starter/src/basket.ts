export type Item = { id: string; name: string; pieces: number };
export type Basket = { items: Item[] };
export type Action = { type: "add"; id: string; name: string } | { type: "remove"; id: string };

export const EMPTY: Basket = { items: [] };

export function basketReducer(basket: Basket, action: Action): Basket {
  const found = basket.items.find((item) => item.id === action.id);
  switch (action.type) {
    case "add":
      if (found) {
        found.pieces += 1;
        return { ...basket };
      }
      basket.items.push({ id: action.id, name: action.name, pieces: 1 });
      return { items: basket.items };
    case "remove":
      if (!found) return basket;
      found.pieces -= 1;
      return { items: basket.items.filter((item) => item.pieces > 0) };
  }
}
