import { useMemo, useState } from "react";
import { type Event, filterEvents } from "./events";
import { SchemeButton } from "./SchemeButton";

export function Programme({ events, now }: { events: Event[]; now: number }) {
  const [text, setText] = useState("");
  const [track, setTrack] = useState("");
  const [hidePast, setHidePast] = useState(false);
  const [dark, setDark] = useState(false);

  const visible = useMemo(() => filterEvents(events, { text, track, hidePast, now }), [events, text, hidePast && text]);

  return (
    <div className={dark ? "dark" : "light"} data-testid="programme">
      <SchemeButton dark={dark} onSwitch={() => setDark(!dark)} />
      <input aria-label="Search" value={text} onChange={(change) => setText(change.target.value)} />
      <select aria-label="Track" value={track} onChange={(change) => setTrack(change.target.value)}>
        <option value="">All tracks</option>
        {[...new Set(events.map((event) => event.track))].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <label>
        <input type="checkbox" checked={hidePast} onChange={(change) => setHidePast(change.target.checked)} />
        Hide past
      </label>
      <ul>
        {visible.map((event) => (
          <li key={event.id}>{event.title}</li>
        ))}
      </ul>
    </div>
  );
}
