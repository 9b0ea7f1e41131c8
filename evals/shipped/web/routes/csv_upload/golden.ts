export async function POST(request: Request): Promise<Response> {
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("text/csv")) {
    return Response.json({ error: "send text/csv" }, { status: 415 });
  }
  const [header, ...rows] = (await request.text()).split(/\r?\n/);
  if (header !== "sensor,value") {
    return Response.json({ error: "bad header" }, { status: 400 });
  }
  const lines: number[] = [];
  const values = new Map<string, number[]>();
  let count = 0;
  rows.forEach((row, index) => {
    if (row === "") return;
    const [sensor, cell, ...rest] = row.split(",").map((part) => part.trim());
    const value = Number(cell);
    if (!sensor || !cell || rest.length > 0 || !Number.isFinite(value)) {
      lines.push(index + 2);
      return;
    }
    count += 1;
    values.set(sensor, [...(values.get(sensor) ?? []), value]);
  });
  if (lines.length > 0) {
    return Response.json({ lines }, { status: 400 });
  }
  const mean = Object.fromEntries(
    [...values].map(([sensor, all]) => [sensor, all.reduce((sum, value) => sum + value, 0) / all.length]),
  );
  return Response.json({ count, mean });
}
