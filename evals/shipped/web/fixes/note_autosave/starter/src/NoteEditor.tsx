import { useState } from "react";
import { saveNote } from "./api";

type Phase = "idle" | "saving" | "saved" | "failed";

export function NoteEditor({ id, initial }: { id: string; initial: string }) {
  const [text, setText] = useState(initial);
  const [phase, setPhase] = useState<Phase>("idle");

  async function save() {
    setPhase("saving");
    try {
      saveNote(id, text);
      setPhase("saved");
    } catch {
      setPhase("failed");
    }
  }

  return (
    <div>
      <textarea
        aria-label="Note"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setPhase("idle");
        }}
      />
      <button disabled={phase === "saving"} onClick={save}>
        Save note
      </button>
      {phase === "saving" && <p role="status">Saving…</p>}
      {phase === "saved" && <p role="status">Saved</p>}
      {phase === "failed" && <p role="alert">Could not save the note</p>}
    </div>
  );
}
