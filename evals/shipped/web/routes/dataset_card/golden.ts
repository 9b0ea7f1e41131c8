type Complaint = { field: string; message: string };

const LICENCES = new Set(["mit", "apache-2.0", "cc-by-4.0"]);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sumsToOne(splits: unknown): splits is Record<string, number> {
  if (!isObject(splits)) return false;
  const shares = Object.values(splits);
  if (shares.length === 0) return false;
  let sum = 0;
  for (const share of shares) {
    if (typeof share !== "number" || !(share > 0)) return false;
    sum += share;
  }
  return Math.abs(sum - 1) <= 0.001;
}

export async function POST(request: Request): Promise<Response> {
  const body: unknown = await request.json().catch(() => undefined);
  if (!isObject(body)) {
    const complaint: Complaint = { field: "body", message: "expected a JSON object" };
    return Response.json({ errors: [complaint] }, { status: 400 });
  }
  const { name, licence, splits } = body;
  const errors: Complaint[] = [];
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]{2,39}$/.test(name)) {
    errors.push({ field: "name", message: "name must be a slug" });
  }
  if (typeof licence !== "string" || !LICENCES.has(licence)) {
    errors.push({ field: "licence", message: "unknown licence" });
  }
  if (!sumsToOne(splits)) {
    errors.push({ field: "splits", message: "splits must add up to 1" });
    return Response.json({ errors }, { status: 400 });
  }
  return errors.length > 0
    ? Response.json({ errors }, { status: 400 })
    : Response.json({ id: `${licence}/${name}`, splits: Object.keys(splits).sort() }, { status: 201 });
}
