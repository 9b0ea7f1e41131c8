const delivered = new Set<string>();
const bytes = new TextEncoder();

async function signed(raw: string, secret: string, signature: string): Promise<boolean> {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1];
  if (!hex) return false;
  const mac = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), algorithm, false, ["verify"]);
  return crypto.subtle.verify("HMAC", key, mac, bytes.encode(raw));
}

function readEvent(raw: string): { build: string; ok: boolean } | null {
  try {
    const { build, state } = JSON.parse(raw);
    if (typeof build !== "string" || build === "") return null;
    if (state !== "passed" && state !== "failed") return null;
    return { build, ok: state === "passed" };
  } catch {
    return null;
  }
}

export async function POST(request: Request): Promise<Response> {
  const secret = process.env.WEBHOOK_SECRET;
  if (!secret) return Response.json({ error: "not configured" }, { status: 500 });
  const raw = await request.text();
  if (!(await signed(raw, secret, request.headers.get("x-signature") ?? ""))) {
    return Response.json({ error: "bad signature" }, { status: 401 });
  }
  const event = readEvent(raw);
  if (event === null) return Response.json({ error: "bad event" }, { status: 400 });
  const delivery = request.headers.get("x-delivery");
  if (delivery !== null) {
    if (delivered.has(delivery)) return Response.json({ duplicate: true });
    delivered.add(delivery);
  }
  return Response.json(event);
}
