export const OWNERS: Record<string, string> = { "t-ana": "ana", "t-bo": "bo" };

const documents = new Map<number, { owner: string }>();

export function reset(): void {
  documents.clear();
  for (let id = 1; id <= 30; id += 1) documents.set(id, { owner: id % 10 === 0 ? "bo" : "ana" });
}

export function find(id: number): { owner: string } | undefined {
  return documents.get(id);
}

export function remove(id: number): void {
  documents.delete(id);
}

export function count(): number {
  return documents.size;
}
