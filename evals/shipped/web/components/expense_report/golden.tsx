import { useEffect, useMemo, useState } from "react";

type Expense = { id: number; category: string; note: string; cents: number };

function euros(cents: number): string {
  const amount = (Math.abs(cents) / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `${cents < 0 ? "-" : ""}€${amount}`;
}

const total = (expenses: Expense[]) => expenses.reduce((sum, expense) => sum + expense.cents, 0);

function grouped(expenses: Expense[]): [string, Expense[]][] {
  const groups = new Map<string, Expense[]>();
  for (const expense of expenses) {
    const group = groups.get(expense.category);
    if (group) group.push(expense);
    else groups.set(expense.category, [expense]);
  }
  return [...groups].sort((a, b) => total(b[1]) - total(a[1]) || a[0].localeCompare(b[0]));
}

export default function ExpenseReport({ month }: { month: string }) {
  const [expenses, setExpenses] = useState<Expense[] | null>(null);
  const [unavailable, setUnavailable] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const groups = useMemo(() => grouped(expenses ?? []), [expenses]);

  useEffect(() => {
    let stale = false;
    setExpenses(null);
    setUnavailable(false);
    setOpen(null);
    const finish = (loaded: Expense[] | null) => {
      if (stale) return;
      setExpenses(loaded);
      setUnavailable(loaded === null);
    };
    void fetch(`/api/expenses?month=${month}`).then(
      async (response) => finish(response.ok ? await response.json() : null),
      () => finish(null),
    );
    return () => {
      stale = true;
    };
  }, [month]);

  async function remove({ id, note }: Expense) {
    if (!window.confirm(`Delete ${note}?`)) return;
    setFailed(false);
    try {
      const response = await fetch(`/api/expenses/${id}`, { method: "DELETE" });
      if (!response.ok) throw new Error("kept");
      setExpenses((all) => all && all.filter((expense) => expense.id !== id));
    } catch {
      setFailed(true);
    }
  }

  if (unavailable) return <p role="alert">Expenses unavailable</p>;
  if (expenses === null) return <p role="status">Adding up…</p>;
  return (
    <div>
      <h2>Total {euros(total(expenses))}</h2>
      {failed && <p role="alert">Delete failed</p>}
      {groups.map(([category, members]) => (
        <section key={category}>
          <button aria-expanded={open === category} onClick={() => setOpen(open === category ? null : category)}>
            {category} {euros(total(members))}
          </button>
          {open === category && (
            <ul>
              {members.map((expense) => (
                <li key={expense.id}>
                  <span>{`${expense.note} ${euros(expense.cents)}`}</span>
                  <button onClick={() => void remove(expense)}>Delete {expense.note}</button>
                </li>
              ))}
            </ul>
          )}
        </section>
      ))}
    </div>
  );
}
