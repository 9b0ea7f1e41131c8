import { ThingRow } from "./ThingRow";
import { useChecklist } from "./useChecklist";

export default function Checklist({ names }: { names: string[] }) {
  const { things, add, remove, sort } = useChecklist(names);
  return (
    <div>
      <button onClick={() => add("Umbrella")}>Add umbrella</button>
      <button onClick={() => add("Towel")}>Add towel</button>
      <button onClick={sort}>Sort</button>
      <ul>
        {things.map((thing, index) => (
          <ThingRow key={index} name={thing.name} onRemove={() => remove(thing.id)} />
        ))}
      </ul>
    </div>
  );
}
