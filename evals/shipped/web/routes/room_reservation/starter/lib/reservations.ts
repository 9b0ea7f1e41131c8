export type Reservation = { id: number; room: string; from: string; to: string };

export const ROOMS = ["attic", "cellar", "library"];

let next = 1;
let all: Reservation[] = [];

export function list(): readonly Reservation[] {
  return all;
}

export function add(entry: Omit<Reservation, "id">): Reservation {
  const made = { id: next++, ...entry };
  all = [...all, made];
  return made;
}

export function clear(): void {
  next = 1;
  all = [];
}
