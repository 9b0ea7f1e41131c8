import { useState } from "react";
import { type Member, type Order, ranked } from "./ranking";

const BUTTONS: [Order, string][] = [
  ["original", "Original order"],
  ["name", "By name"],
  ["points", "By points"],
];

export default function ScoreSheet({ members }: { members: Member[] }) {
  const [order, setOrder] = useState<Order>("original");
  return (
    <div>
      {BUTTONS.map(([value, title]) => (
        <button key={value} aria-pressed={order === value} onClick={() => setOrder(value)}>
          {title}
        </button>
      ))}
      <ol>
        {ranked(members, order).map((member) => (
          <li key={member.name}>{`${member.name}: ${member.points || "0"}`}</li>
        ))}
      </ol>
    </div>
  );
}
