import { useEffect, useState } from "react";

type Row = { model: string; score: number; params: number };
type Column = keyof Row;

const COLUMNS: { key: Column; title: string; sign: 1 | -1 }[] = [
  { key: "model", title: "Model", sign: 1 },
  { key: "score", title: "Score", sign: -1 },
  { key: "params", title: "Params", sign: -1 },
];

function compare(a: Row, b: Row, column: Column): number {
  return column === "model" ? a.model.localeCompare(b.model) : a[column] - b[column];
}

function size(millions: number): string {
  return millions < 1000 ? `${millions}M` : `${Number((millions / 1000).toFixed(1))}B`;
}

export function Leaderboard() {
  const [rows, setRows] = useState<Row[] | "loading" | "failed">("loading");
  const [order, setOrder] = useState<{ column: Column; sign: 1 | -1 }>({ column: "score", sign: -1 });

  useEffect(() => {
    async function load() {
      try {
        const response = await fetch("/api/leaderboard");
        setRows(response.ok ? await response.json() : "failed");
      } catch {
        setRows("failed");
      }
    }
    void load();
  }, []);

  if (rows === "loading") return <p role="status">Loading leaderboard…</p>;
  if (rows === "failed") return <p role="alert">Leaderboard unavailable</p>;
  if (rows.length === 0) return <p>No models yet</p>;

  const sorted = [...rows].sort((a, b) => order.sign * compare(a, b, order.column));
  const choose = (column: Column, sign: 1 | -1) =>
    setOrder((last) => (last.column === column ? { column, sign: last.sign === 1 ? -1 : 1 } : { column, sign }));

  return (
    <table>
      <thead>
        <tr>
          {COLUMNS.map(({ key, title, sign }) => (
            <th key={key} scope="col" aria-sort={order.column !== key ? undefined : order.sign === 1 ? "ascending" : "descending"}>
              <button type="button" onClick={() => choose(key, sign)}>
                {title}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {sorted.map((row) => (
          <tr key={row.model}>
            <td>{row.model}</td>
            <td>{row.score.toFixed(1)}</td>
            <td>{size(row.params)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
