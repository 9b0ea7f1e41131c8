import { useState } from "react";
import { type Contact, exported } from "./contacts";

export function ExportButton({ contacts, save }: { contacts: Contact[]; save: (text: string) => void }) {
  const [count, setCount] = useState<number | null>(null);
  return (
    <div>
      <button
        disabled={contacts.length === 0}
        onClick={() => {
          save(exported(contacts));
          setCount(contacts.length);
        }}
      >
        Export
      </button>
      {count !== null && <p role="status">{`${count} exported`}</p>}
    </div>
  );
}
