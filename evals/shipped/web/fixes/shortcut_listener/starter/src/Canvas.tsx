import { useCallback, useState } from "react";
import { type Stroke, draw, undo } from "./strokes";
import { useShortcuts } from "./useShortcuts";

export function Canvas() {
  const [colour, setColour] = useState("black");
  const [strokes, setStrokes] = useState<Stroke[]>([]);

  const onNew = useCallback(() => setStrokes((all) => draw(all, colour)), []);
  const onUndo = useCallback(() => setStrokes(undo), []);
  useShortcuts({ n: onNew, z: onUndo });

  return (
    <div>
      <input aria-label="Colour" value={colour} onChange={(event) => setColour(event.target.value)} />
      <ul>
        {strokes.map((stroke) => (
          <li key={stroke.id}>{stroke.colour}</li>
        ))}
      </ul>
    </div>
  );
}
