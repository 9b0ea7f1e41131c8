const LABELS = ["PER", "ORG", "LOC"];

type Span = { start: number; end: number; label: string };

function remarkOn(span: Span, text: string, accepted: Span[]): string | null {
  const { start, end, label } = span ?? {};
  const whole = Number.isInteger(start) && Number.isInteger(end);
  if (!whole || start < 0 || end > text.length || end <= start) return "offsets";
  if (!LABELS.includes(label)) return "label";
  const quote = text.slice(start, end);
  if (quote.trim() !== quote) return "blank";
  return accepted.some((other) => start < other.end && other.start < end) ? "overlap" : null;
}

export async function POST(request: Request): Promise<Response> {
  const payload = await request.json().catch(() => null);
  const text = payload?.text;
  const spans = payload?.spans;
  if (typeof text !== "string" || !text || !Array.isArray(spans)) {
    return Response.json({ remarks: [], error: "malformed" }, { status: 400 });
  }
  const accepted: Span[] = [];
  const remarks: { index: number; remark: string }[] = [];
  for (const [index, span] of spans.entries()) {
    const remark = remarkOn(span, text, accepted);
    if (remark === null) accepted.push(span);
    else remarks.push({ index, remark });
  }
  if (remarks.length > 0) return Response.json({ remarks }, { status: 400 });

  accepted.sort((a, b) => a.start - b.start);
  const labels: Record<string, number> = {};
  let covered = 0;
  for (const { start, end, label } of accepted) {
    labels[label] = (labels[label] ?? 0) + 1;
    covered += end - start;
  }
  const entities = accepted.map(({ start, end, label }) => ({ label, quote: text.slice(start, end) }));
  return Response.json({ entities, covered, labels });
}
