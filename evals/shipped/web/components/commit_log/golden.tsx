import { useCallback, useEffect, useState } from "react";

interface Commit {
  sha: string;
  subject: string;
}

export function CommitLog({ repo }: { repo: string }) {
  const [commits, setCommits] = useState<Commit[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [busy, setBusy] = useState(true);
  const [failed, setFailed] = useState(false);

  const load = useCallback(
    async (cursor: string | null) => {
      setBusy(true);
      setFailed(false);
      try {
        const suffix = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const response = await fetch(`/api/commits?repo=${encodeURIComponent(repo)}${suffix}`);
        if (!response.ok) throw new Error(`status ${response.status}`);
        const portion: { commits: Commit[]; next: string | null } = await response.json();
        setCommits((before) => {
          const known = new Set(before?.map((commit) => commit.sha));
          return [...(before ?? []), ...portion.commits.filter((commit) => !known.has(commit.sha))];
        });
        setNext(portion.next);
      } catch {
        setFailed(true);
      } finally {
        setBusy(false);
      }
    },
    [repo],
  );

  useEffect(() => {
    setCommits(null);
    void load(null);
  }, [load]);

  if (commits === null) {
    return failed ? <p role="alert">History unavailable</p> : <p role="status">Fetching commits</p>;
  }
  return (
    <section>
      {commits.length === 0 && <p>No commits yet</p>}
      {commits.length > 0 && (
        <ul>
          {commits.map((commit) => (
            <li key={commit.sha}>
              {commit.sha.slice(0, 7)} {commit.subject}
            </li>
          ))}
        </ul>
      )}
      {failed && <p role="alert">Could not load more</p>}
      {next !== null && (
        <button type="button" disabled={busy} onClick={() => void load(next)}>
          {busy ? "Loading…" : "Load more"}
        </button>
      )}
    </section>
  );
}
