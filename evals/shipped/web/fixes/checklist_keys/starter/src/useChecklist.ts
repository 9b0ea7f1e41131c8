import { useState } from "react";

export type Thing = { id: number; name: string };

export function useChecklist(names: string[]) {
  const [things, setThings] = useState<Thing[]>(() => names.map((name, index) => ({ id: index, name })));

  const add = (name: string) => setThings((all) => [...all, { id: all.length, name }]);
  const remove = (id: number) => setThings((all) => all.filter((thing) => thing.id !== id));
  const sort = () => setThings((all) => [...all].sort((a, b) => a.name.localeCompare(b.name)));

  return { things, add, remove, sort };
}
