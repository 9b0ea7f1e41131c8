import { useEffect, useRef, useState } from "react";

type Job = { state: "queued" | "running" | "succeeded" | "failed"; progress: number };

const PAUSE_MS = 5000;
const MOST_FAILURES = 3;

export function QueueMonitor({ jobId, onDone }: { jobId: string; onDone?: (state: string) => void }) {
  const [job, setJob] = useState<Job | null>(null);
  const [lost, setLost] = useState(false);
  const done = useRef(onDone);
  done.current = onDone;

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    let failures = 0;

    async function poll() {
      let answer: Job | null = null;
      try {
        const response = await fetch(`/api/jobs/${jobId}`);
        if (response.ok) answer = await response.json();
      } catch {
        answer = null;
      }
      if (stopped) return;
      failures = answer ? 0 : failures + 1;
      if (answer) setJob(answer);
      if (answer?.state === "succeeded" || answer?.state === "failed") {
        done.current?.(answer.state);
      } else if (failures === MOST_FAILURES) {
        setLost(true);
      } else {
        timer = setTimeout(poll, PAUSE_MS);
      }
    }

    setJob(null);
    setLost(false);
    void poll();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [jobId]);

  if (lost) return <p role="alert">Lost contact with the scheduler</p>;
  if (!job) return <p role="status">Contacting scheduler</p>;
  return (
    <div>
      <p>Job is {job.state}</p>
      {job.state === "running" && <div role="progressbar" aria-label="Progress" aria-valuenow={Math.round(job.progress * 100)} />}
    </div>
  );
}
