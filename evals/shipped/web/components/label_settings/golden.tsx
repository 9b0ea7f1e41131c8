import { type FormEvent, useEffect, useState } from "react";

type Label = { name: string; used: boolean };
type Notice = "none" | "saving" | "saved" | "not saved";

const namesIn = (labels: Label[]) => labels.filter((label) => label.used).map((label) => label.name);

function LabelForm({ initial }: { initial: Label[] }) {
  const [known, setKnown] = useState(initial);
  const [labels, setLabels] = useState(initial);
  const [notice, setNotice] = useState<Notice>("none");

  const saving = notice === "saving";
  const changed = labels.some((label, index) => label.used !== known[index].used);

  function tick(name: string) {
    setNotice("none");
    setLabels(labels.map((label) => (label.name === name ? { ...label, used: !label.used } : label)));
  }

  async function save(event: FormEvent) {
    event.preventDefault();
    setNotice("saving");
    const sent = labels;
    const response = await fetch("/api/labels", { method: "PUT", body: JSON.stringify(namesIn(sent)) }).catch(() => null);
    if (response?.ok) setKnown(sent);
    setNotice(response?.ok ? "saved" : "not saved");
  }

  return (
    <form onSubmit={save}>
      <p>
        {namesIn(labels).length} of {labels.length} in use
      </p>
      <fieldset disabled={saving}>
        {labels.map(({ name, used }) => (
          <label key={name}>
            <input type="checkbox" checked={used} onChange={() => tick(name)} />
            {name}
          </label>
        ))}
        <button type="submit" disabled={!changed}>
          {saving ? "Saving…" : "Save"}
        </button>
        <button type="button" disabled={!changed} onClick={() => setLabels(known)}>
          Reset
        </button>
      </fieldset>
      {notice === "saved" && <p role="status">Labels saved</p>}
      {notice === "not saved" && <p role="alert">Labels not saved</p>}
    </form>
  );
}

export default function LabelSettings() {
  const [initial, setInitial] = useState<Label[] | null | "broken">(null);

  useEffect(() => {
    const load = async () => {
      const response = await fetch("/api/labels").catch(() => null);
      setInitial(response?.ok ? await response.json() : "broken");
    };
    void load();
  }, []);

  if (initial === null) return <p role="status">Loading labels</p>;
  if (initial === "broken") return <p role="alert">Labels could not be loaded</p>;
  return <LabelForm initial={initial} />;
}
