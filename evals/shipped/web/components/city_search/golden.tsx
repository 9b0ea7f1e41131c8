import { useEffect, useRef, useState } from "react";

type Found = { term: string; cities: string[] } | "searching" | "failed" | null;

export default function CitySearch({ onPick }: { onPick: (city: string) => void }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found>(null);
  const requested = useRef("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const newest = useRef(0);

  useEffect(() => () => clearTimeout(timer.current), []);

  async function search(term: string) {
    if (term === requested.current) return;
    requested.current = term;
    const ticket = ++newest.current;
    setFound("searching");
    let result: Found = "failed";
    try {
      const response = await fetch(`/api/cities?q=${encodeURIComponent(term)}`);
      if (response.ok) result = { term, cities: await response.json() };
    } catch {
      // stays "failed"
    }
    if (ticket === newest.current) setFound(result);
  }

  function close() {
    clearTimeout(timer.current);
    newest.current += 1;
    requested.current = "";
    setFound(null);
  }

  function type(value: string) {
    setText(value);
    clearTimeout(timer.current);
    const term = value.trim();
    if (term.length < 2) close();
    else timer.current = setTimeout(() => void search(term), 300);
  }

  function pick(city: string) {
    close();
    setText(city);
    onPick(city);
  }

  return (
    <div>
      <label>
        City <input type="search" value={text} onChange={(event) => type(event.target.value)} />
      </label>
      {found === "searching" && <p role="status">Searching</p>}
      {found === "failed" && <p role="alert">Search failed</p>}
      {found !== null && typeof found === "object" && found.cities.length === 0 && <p>No city matches "{found.term}"</p>}
      {found !== null && typeof found === "object" && found.cities.length > 0 && (
        <ul>
          {found.cities.map((city) => (
            <li key={city}>
              <button type="button" onClick={() => pick(city)}>
                {city}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
