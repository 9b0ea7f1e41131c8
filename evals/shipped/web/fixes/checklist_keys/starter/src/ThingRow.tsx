import { useState } from "react";

export function ThingRow({ name, onRemove }: { name: string; onRemove: () => void }) {
  const [remark, setRemark] = useState("");
  return (
    <li>
      {name}
      <input aria-label={`Remark on ${name}`} value={remark} onChange={(event) => setRemark(event.target.value)} />
      <button onClick={onRemove}>Remove {name}</button>
    </li>
  );
}
