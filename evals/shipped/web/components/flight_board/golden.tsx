import { type KeyboardEvent, useEffect, useRef, useState } from "react";

type Flight = { number: string; city: string; time: string; delayMinutes: number };
type Entry = { kind: "waiting" } | { kind: "broken" } | { kind: "ready"; flights: Flight[] };

const TABS = ["departures", "arrivals"] as const;
type Tab = (typeof TABS)[number];
const TITLES: Record<Tab, string> = { departures: "Departures", arrivals: "Arrivals" };

function line({ number, city, time, delayMinutes }: Flight): string {
  const clock = new Date(time).toISOString().slice(11, 16);
  const delay = delayMinutes > 0 ? ` (+${delayMinutes} min)` : "";
  return `${clock} ${number} ${city}${delay}`;
}

function Panel({ entry }: { entry: Entry }) {
  if (entry.kind === "waiting") return <p role="status">Waiting for tower</p>;
  if (entry.kind === "broken") return <p role="alert">Board out of order</p>;
  if (entry.flights.length === 0) return <p>No flights</p>;
  const byTime = [...entry.flights].sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
  return (
    <ol>
      {byTime.map((flight) => (
        <li key={flight.number + flight.time}>{line(flight)}</li>
      ))}
    </ol>
  );
}

export default function FlightBoard() {
  const [selected, setSelected] = useState<Tab>("departures");
  const [entries, setEntries] = useState<Partial<Record<Tab, Entry>>>({});
  const asked = useRef(new Set<Tab>());
  const buttons = useRef<Partial<Record<Tab, HTMLButtonElement | null>>>({});

  useEffect(() => {
    const tab = selected;
    if (asked.current.has(tab)) return;
    asked.current.add(tab);
    const store = (entry: Entry) => setEntries((all) => ({ ...all, [tab]: entry }));
    store({ kind: "waiting" });
    fetch(`/api/flights?direction=${tab}`)
      .then(async (response) => {
        if (!response.ok) throw new Error("tower is silent");
        store({ kind: "ready", flights: await response.json() });
      })
      .catch(() => {
        asked.current.delete(tab);
        store({ kind: "broken" });
      });
  }, [selected]);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    const other = selected === "departures" ? "arrivals" : "departures";
    setSelected(other);
    buttons.current[other]?.focus();
  }

  return (
    <div>
      <div role="tablist" onKeyDown={onKeyDown}>
        {TABS.map((tab) => (
          <button
            key={tab}
            role="tab"
            aria-selected={tab === selected}
            tabIndex={tab === selected ? 0 : -1}
            ref={(element) => {
              buttons.current[tab] = element;
            }}
            onClick={() => setSelected(tab)}
          >
            {TITLES[tab]}
          </button>
        ))}
      </div>
      <div role="tabpanel">
        <Panel entry={entries[selected] ?? { kind: "waiting" }} />
      </div>
    </div>
  );
}
