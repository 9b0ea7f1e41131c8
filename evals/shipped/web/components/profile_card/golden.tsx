import { useEffect, useState } from "react";

type Profile = { name: string; title: string; avatarUrl: string | null };
type State = { userId: number; profile: Profile | null };

export default function ProfileCard({ userId }: { userId: number }) {
  const [state, setState] = useState<State | null>(null);

  useEffect(() => {
    let ignored = false;
    const settle = (profile: Profile | null) => {
      if (!ignored) setState({ userId, profile });
    };
    fetch(`/api/users/${userId}`)
      .then(async (response) => settle(response.ok ? await response.json() : null))
      .catch(() => settle(null));
    return () => {
      ignored = true;
    };
  }, [userId]);

  if (state === null || state.userId !== userId) {
    return <div role="status">Loading profile…</div>;
  }
  if (state.profile === null) {
    return <div role="alert">Could not load this profile.</div>;
  }
  const { name, title, avatarUrl } = state.profile;
  const initials = name.split(/\s+/).map((word) => word.charAt(0).toUpperCase()).join("");
  return (
    <article>
      {avatarUrl === null ? <span data-testid="initials">{initials}</span> : <img src={avatarUrl} alt={`Portrait of ${name}`} />}
      <h2>{name}</h2>
      <p>{title}</p>
    </article>
  );
}
