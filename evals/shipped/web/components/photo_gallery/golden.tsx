import { useEffect, useRef, useState } from "react";

interface Photo {
  id: string;
  thumb: string;
  full: string;
  caption: string;
}

export default function PhotoGallery({ album }: { album: string }) {
  const [photos, setPhotos] = useState<Photo[] | null>(null);
  const [trouble, setTrouble] = useState("");
  const [shown, setShown] = useState<number | null>(null);
  const thumbs = useRef<(HTMLButtonElement | null)[]>([]);
  const count = photos?.length ?? 0;

  useEffect(() => {
    let gone = false;
    setPhotos(null);
    setTrouble("");
    setShown(null);
    fetch(`/api/albums/${album}/photos`)
      .then(async (response) => {
        const loaded: Photo[] | null = response.ok ? await response.json() : null;
        if (gone) return;
        if (loaded) setPhotos(loaded);
        else setTrouble(response.status === 404 ? "Album not found" : "Photos could not be shown");
      })
      .catch(() => !gone && setTrouble("Photos could not be shown"));
    return () => {
      gone = true;
    };
  }, [album]);

  const step = (by: number) => setShown((index) => (index === null ? null : (index + by + count) % count));
  const close = () => {
    if (shown !== null) thumbs.current[shown]?.focus();
    setShown(null);
  };

  useEffect(() => {
    if (shown === null) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "ArrowRight") step(1);
      if (event.key === "ArrowLeft") step(-1);
      if (event.key === "Escape") close();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });

  if (trouble) return <p role="alert">{trouble}</p>;
  if (!photos) return <p role="status">Developing photos…</p>;
  if (count === 0) return <p>This album is empty</p>;
  const open = shown === null ? null : photos[shown];
  return (
    <section>
      {photos.map((photo, index) => (
        <button
          key={photo.id}
          type="button"
          aria-label={photo.caption}
          ref={(element) => {
            thumbs.current[index] = element;
          }}
          onClick={() => setShown(index)}
        >
          <img src={photo.thumb} alt="" />
        </button>
      ))}
      {open && shown !== null && (
        <div role="dialog" aria-modal="true" aria-label={open.caption}>
          <img src={open.full} alt={open.caption} />
          <p>{`${shown + 1} / ${count}`}</p>
          {count > 1 && <button onClick={() => step(-1)}>Previous</button>}
          {count > 1 && <button onClick={() => step(1)}>Next</button>}
          <button onClick={close}>Close</button>
        </div>
      )}
    </section>
  );
}
