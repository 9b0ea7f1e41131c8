import { type KeyboardEvent, useEffect, useReducer } from "react";

type State = {
  texts: Record<string, string> | null;
  missing: boolean;
  editing: { key: string; value: string } | null;
  busy: string[];
  unsaved: string | null;
};

type Action =
  | { type: "loaded"; texts: Record<string, string> }
  | { type: "missing" }
  | { type: "edit"; key: string; value: string }
  | { type: "abandon" }
  | { type: "store"; key: string; value: string }
  | { type: "stored"; key: string }
  | { type: "refused"; key: string; former: string };

const START: State = { texts: null, missing: false, editing: null, busy: [], unsaved: null };

function reduce(state: State, action: Action): State {
  switch (action.type) {
    case "loaded":
      return { ...START, texts: action.texts };
    case "missing":
      return { ...START, missing: true };
    case "edit":
      return { ...state, editing: { key: action.key, value: action.value } };
    case "abandon":
      return { ...state, editing: null };
    case "store":
      return {
        ...state,
        texts: { ...state.texts, [action.key]: action.value },
        editing: null,
        busy: [...state.busy, action.key],
        unsaved: null,
      };
    case "stored":
      return { ...state, busy: state.busy.filter((key) => key !== action.key) };
    case "refused":
      return {
        ...state,
        texts: { ...state.texts, [action.key]: action.former },
        busy: state.busy.filter((key) => key !== action.key),
        unsaved: action.key,
      };
  }
}

export function TranslationTable({ locale }: { locale: string }) {
  const [{ texts, missing, editing, busy, unsaved }, dispatch] = useReducer(reduce, START);

  useEffect(() => {
    fetch("/api/translations/" + locale)
      .then((response) => (response.ok ? response.json() : Promise.reject(response.status)))
      .then((loaded) => dispatch({ type: "loaded", texts: loaded }))
      .catch(() => dispatch({ type: "missing" }));
  }, [locale]);

  async function store(key: string, value: string, former: string) {
    dispatch({ type: "store", key, value });
    const saved = await fetch(`/api/translations/${locale}/${key}`, { method: "PUT", body: value }).then(
      (response) => response.ok,
      () => false,
    );
    dispatch(saved ? { type: "stored", key } : { type: "refused", key, former });
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>, key: string, text: string) {
    const value = event.currentTarget.value.trim();
    if (event.key === "Enter" && value !== text) void store(key, value, text);
    else if (event.key === "Enter" || event.key === "Escape") dispatch({ type: "abandon" });
  }

  if (missing) return <p role="alert">Texts missing</p>;
  if (texts === null) return <p role="status">Fetching texts</p>;
  return (
    <div>
      {unsaved !== null && <p role="alert">Could not save {unsaved}</p>}
      <table>
        <tbody>
          {Object.entries(texts)
            .sort(([a], [b]) => a.localeCompare(b))
            .map(([key, text]) => (
              <tr key={key} aria-busy={busy.includes(key) ? true : undefined}>
                <td>{key}</td>
                <td>
                  {editing?.key === key ? (
                    <input
                      autoFocus
                      aria-label={`Text for ${key}`}
                      value={editing.value}
                      onChange={(event) => dispatch({ type: "edit", key, value: event.target.value })}
                      onKeyDown={(event) => onKeyDown(event, key, text)}
                    />
                  ) : (
                    text || "(untranslated)"
                  )}
                </td>
                <td>
                  <button aria-label={`Edit ${key}`} disabled={busy.includes(key)} onClick={() => dispatch({ type: "edit", key, value: text })}>
                    Edit
                  </button>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
