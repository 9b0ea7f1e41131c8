export type Run = { id: string; status: "done" | "failed" | "running"; startedAt: string };

const STATES = ["done", "failed", "running"] as const;

export const runs: Run[] = Array.from({ length: 23 }, (_, index) => ({
  id: `run-${String(index + 1).padStart(2, "0")}`,
  status: STATES[index % 3],
  startedAt: new Date(Date.UTC(2026, 0, 1 + Math.floor(index / 2))).toISOString(),
}));
