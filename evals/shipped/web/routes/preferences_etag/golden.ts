interface Preferences {
  theme: string;
  fontSize: number;
  beta: boolean;
}

const allowed: { [Name in keyof Preferences]: (value: unknown) => boolean } = {
  theme: (value) => value === "light" || value === "dark",
  fontSize: (value) => Number.isInteger(value) && Number(value) >= 10 && Number(value) <= 24,
  beta: (value) => typeof value === "boolean",
};

let current: Preferences = { theme: "light", fontSize: 14, beta: false };
let revision = 1;

const tag = () => `"${revision}"`;
const present = () => Response.json(current, { headers: { etag: tag() } });

export async function GET(request: Request): Promise<Response> {
  const known = request.headers.get("if-none-match");
  if (known === tag() || known === "*") return new Response(null, { status: 304, headers: { etag: tag() } });
  return present();
}

export async function PATCH(request: Request): Promise<Response> {
  const expected = request.headers.get("if-match");
  if (expected === null) return Response.json({ error: "if-match required" }, { status: 428 });
  if (expected !== tag()) return Response.json({ error: "stale", current: revision }, { status: 412 });
  const changes: Partial<Preferences> = await request.json();
  const rejected = Object.entries(changes)
    .filter(([name, value]) => !Object.hasOwn(allowed, name) || !allowed[name as keyof Preferences](value))
    .map(([name]) => name);
  if (rejected.length) return Response.json({ rejected: rejected.sort() }, { status: 422 });
  const next = { ...current, ...changes };
  const names = Object.keys(allowed) as (keyof Preferences)[];
  if (names.some((name) => next[name] !== current[name])) {
    current = next;
    revision += 1;
  }
  return present();
}
