import { useState } from "react";
import { pageOf } from "./paging";

export function Archive({ titles, size = 6 }: { titles: string[]; size?: number }) {
  const [wanted, setWanted] = useState(1);
  const { items, number, last } = pageOf(titles, wanted, size);
  return (
    <section>
      <ol start={(number - 1) * size + 1}>
        {items.map((title) => (
          <li key={title}>{title}</li>
        ))}
      </ol>
      <nav>
        <button disabled={number === 1} onClick={() => setWanted(number - 1)}>
          Newer
        </button>
        <span>{`Page ${number} of ${last}`}</span>
        <button disabled={number === last} onClick={() => setWanted(number + 1)}>
          Older
        </button>
      </nav>
    </section>
  );
}
