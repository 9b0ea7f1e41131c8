export type Stroke = { id: number; colour: string };

export function draw(strokes: Stroke[], colour: string): Stroke[] {
  return [...strokes, { id: (strokes.at(-1)?.id ?? 0) + 1, colour }];
}

export function undo(strokes: Stroke[]): Stroke[] {
  return strokes.slice(0, -1);
}
