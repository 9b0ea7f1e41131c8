interface Flag {
  key: string;
  enabled: boolean;
  rollout: number;
}

const flags = new Map<string, Flag>();

const sorted = () => [...flags.values()].sort((a, b) => (a.key < b.key ? -1 : 1));

function bucketOf(user: string): number {
  let sum = 0;
  for (let n = 0; n < user.length; n += 1) sum += user.charCodeAt(n);
  return sum % 100;
}

export async function PUT(request: Request): Promise<Response> {
  const { key, enabled, rollout = 100 } = await request.json();
  const problems = [
    typeof key === "string" && /^[a-z]+(\.[a-z]+)*$/.test(key) ? "" : "key",
    typeof enabled === "boolean" ? "" : "enabled",
    Number.isInteger(rollout) && rollout >= 0 && rollout <= 100 ? "" : "rollout",
  ].filter(Boolean);
  if (problems.length) return Response.json({ problems }, { status: 400 });
  const status = flags.has(key) ? 200 : 201;
  const flag: Flag = { key, enabled, rollout };
  flags.set(key, flag);
  return Response.json(flag, { status });
}

export async function GET(request: Request): Promise<Response> {
  const user = new URL(request.url).searchParams.get("user");
  if (user === null) return Response.json({ flags: sorted() });
  const bucket = bucketOf(user);
  const on = sorted().filter((flag) => flag.enabled && flag.rollout > bucket);
  return Response.json({ on: on.map((flag) => flag.key) });
}

export async function DELETE(request: Request): Promise<Response> {
  const key = new URL(request.url).searchParams.get("key");
  if (key === null) flags.clear();
  else if (!flags.delete(key)) return Response.json({ missing: key }, { status: 404 });
  return new Response(null, { status: 204 });
}
