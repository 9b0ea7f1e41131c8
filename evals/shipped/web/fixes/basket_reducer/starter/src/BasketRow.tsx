import { memo } from "react";
import type { Action, Item } from "./basket";

export const BasketRow = memo(function BasketRow({ item, dispatch }: { item: Item; dispatch: (action: Action) => void }) {
  return (
    <li>
      <span>{`${item.name} × ${item.pieces}`}</span>
      <button onClick={() => dispatch({ type: "remove", id: item.id })}>Remove {item.name}</button>
    </li>
  );
});
