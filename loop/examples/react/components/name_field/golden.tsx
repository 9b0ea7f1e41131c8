import { useState } from "react";

export default function NameField() {
  const [name, setName] = useState("");
  return (
    <div>
      <label>
        Name
        <input value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <div role="status">{name === "" ? "Hello!" : `Hello, ${name}!`}</div>
    </div>
  );
}
