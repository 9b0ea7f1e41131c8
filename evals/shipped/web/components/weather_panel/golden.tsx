import { useEffect, useState } from "react";

type Reading = { celsius: number; summary: string };

function inUnit(celsius: number, fahrenheit: boolean): string {
  const degrees = Math.round(fahrenheit ? celsius * 1.8 + 32 : celsius);
  return `${degrees} ${fahrenheit ? "°F" : "°C"}`;
}

export function WeatherPanel({ station }: { station: string }) {
  const [round, setRound] = useState(0);
  const [fahrenheit, setFahrenheit] = useState(false);
  const [reading, setReading] = useState<Reading | null>(null);
  const [phase, setPhase] = useState<"loading" | "failed" | "loaded">("loading");

  useEffect(() => {
    const controller = new AbortController();
    setPhase("loading");
    fetch("/api/weather/" + station)
      .then((response) => {
        if (!response.ok) throw new Error(response.statusText);
        return response.json();
      })
      .then(
        (value: Reading) => {
          if (controller.signal.aborted) return;
          setReading(value);
          setPhase("loaded");
        },
        () => {
          if (!controller.signal.aborted) setPhase("failed");
        },
      );
    return () => controller.abort();
  }, [station, round]);

  if (phase === "failed") {
    return (
      <div>
        <p role="alert">No reading</p>
        <button onClick={() => setRound(round + 1)}>Try again</button>
      </div>
    );
  }
  if (phase === "loading" || !reading) return <p role="status">Reading sensors…</p>;
  return (
    <div>
      <strong data-testid="temperature">{inUnit(reading.celsius, fahrenheit)}</strong>
      <p>{reading.summary}</p>
      {reading.celsius >= 30 ? <p role="note">Heat warning</p> : null}
      <button onClick={() => setFahrenheit(!fahrenheit)}>{fahrenheit ? "Show °C" : "Show °F"}</button>
    </div>
  );
}
