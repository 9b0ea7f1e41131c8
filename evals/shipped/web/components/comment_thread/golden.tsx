import { type FormEvent, useEffect, useState } from "react";

type Comment = { id: number; parent: number | null; author: string; text: string };

function Branch({ all, parent }: { all: Comment[]; parent: number | null }) {
  const children = all.filter((comment) => comment.parent === parent);
  if (children.length === 0) return null;
  return (
    <ul>
      {children.map((comment) => (
        <li key={comment.id}>
          <span>{`${comment.author}: ${comment.text}`}</span>
          <Branch all={all} parent={comment.id} />
        </li>
      ))}
    </ul>
  );
}

export default function CommentThread({ articleId }: { articleId: string }) {
  const address = `/api/articles/${articleId}/comments`;
  const [comments, setComments] = useState<Comment[]>();
  const [closed, setClosed] = useState(false);
  const [draft, setDraft] = useState("");
  const [sending, setSending] = useState(false);
  const [unsaved, setUnsaved] = useState(false);

  useEffect(() => {
    let current = true;
    (async () => {
      const response = await fetch(address);
      if (!response.ok) throw new Error("no comments");
      const loaded = await response.json();
      if (current) setComments(loaded);
    })().catch(() => current && setClosed(true));
    return () => {
      current = false;
    };
  }, [address]);

  async function post(event: FormEvent) {
    event.preventDefault();
    setSending(true);
    setUnsaved(false);
    try {
      const response = await fetch(address, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ text: draft.trim() }),
      });
      if (response.status !== 201) throw new Error("not saved");
      const stored: Comment = await response.json();
      setComments((before = []) => [...before, stored]);
      setDraft("");
    } catch {
      setUnsaved(true);
    }
    setSending(false);
  }

  if (closed) return <p role="alert">Comments are closed</p>;
  if (!comments) return <p role="status">Loading comments</p>;
  return (
    <section>
      <h3>{comments.length === 1 ? "1 comment" : `${comments.length} comments`}</h3>
      <Branch all={comments} parent={null} />
      {unsaved && <p role="alert">Your comment was not saved</p>}
      <form onSubmit={post}>
        <label htmlFor="draft">Your comment</label>
        <textarea id="draft" value={draft} onChange={(event) => setDraft(event.target.value)} />
        <button disabled={sending || draft.trim() === ""}>Post</button>
      </form>
    </section>
  );
}
