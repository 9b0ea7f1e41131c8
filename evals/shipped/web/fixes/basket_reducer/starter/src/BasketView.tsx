import { useReducer } from "react";
import { EMPTY, basketReducer } from "./basket";
import { BasketRow } from "./BasketRow";

const SHELF = [
  { id: "p", name: "Pear" },
  { id: "f", name: "Fig" },
];

export function BasketView() {
  const [basket, dispatch] = useReducer(basketReducer, EMPTY);
  return (
    <div>
      {SHELF.map(({ id, name }) => (
        <button key={id} onClick={() => dispatch({ type: "add", id, name })}>
          Add {name}
        </button>
      ))}
      <ul>
        {basket.items.map((item) => (
          <BasketRow key={item.id} item={item} dispatch={dispatch} />
        ))}
      </ul>
    </div>
  );
}
