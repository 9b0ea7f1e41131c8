import { useEffect, useState } from "react";
import { fromQuery, toQuery } from "./query";

export function Catalogue({ query }: { query: string }) {
  const [filter, setFilter] = useState(() => fromQuery(query));
  const [names, setNames] = useState<string[]>([]);
  const encoded = toQuery(filter);

  useEffect(() => {
    let current = true;
    fetch(`/api/catalogue?${encoded}`)
      .then((response) => response.json())
      .then((found: string[]) => {
        if (current) setNames(found);
      });
    return () => {
      current = false;
    };
  }, [encoded]);

  return (
    <div>
      <input aria-label="Search" value={filter.text} onChange={(event) => setFilter({ ...filter, text: event.target.value })} />
      <a href={`/catalogue?${encoded}`}>Link to this view</a>
      <p>{filter.tags.map((tag) => `#${tag}`).join(" ")}</p>
      <ul>
        {names.map((name) => (
          <li key={name}>{name}</li>
        ))}
      </ul>
    </div>
  );
}
