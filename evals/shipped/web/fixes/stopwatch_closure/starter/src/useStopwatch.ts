import { useEffect, useState } from "react";

export function useStopwatch() {
  const [seconds, setSeconds] = useState(0);
  const [running, setRunning] = useState(false);

  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(() => {
      setSeconds(seconds + 1);
    }, 1000);
    return () => clearInterval(timer);
  }, [running]);

  return { seconds, running, toggle: () => setRunning(!running), reset: () => setSeconds(0) };
}
