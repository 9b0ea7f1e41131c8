import { clock } from "./format";
import { useStopwatch } from "./useStopwatch";

export default function Stopwatch() {
  const { seconds, running, toggle, reset } = useStopwatch();
  return (
    <div>
      <output aria-label="Elapsed">{clock(seconds)}</output>
      <button onClick={toggle}>{running ? "Pause" : "Start"}</button>
      <button onClick={reset}>Reset</button>
    </div>
  );
}
