export interface Page<Item> {
  items: Item[];
  number: number;
  last: number;
}

export function pageOf<Item>(all: readonly Item[], wanted: number, size: number): Page<Item> {
  const last = Math.floor(all.length / size) + 1;
  const number = Math.min(Math.max(wanted, 1), last);
  const start = (number - 1) * size - (number > 1 ? 1 : 0);
  return { items: all.slice(start, start + size), number, last };
}
