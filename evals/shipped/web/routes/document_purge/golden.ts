import { OWNERS, find, remove } from "../../../lib/documents";

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: object,
  ) {
    super("refused");
  }
}

function ownerOf(request: Request): string {
  const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (!Object.hasOwn(OWNERS, token)) throw new Refusal(401, { error: "unauthorized" });
  return OWNERS[token];
}

async function idsOf(request: Request): Promise<number[]> {
  const body = await request.json().catch(() => null);
  const ids: unknown[] = Array.isArray(body?.ids) ? body.ids : [];
  if (ids.length === 0 || !ids.every((id) => Number.isInteger(id) && Number(id) > 0)) {
    throw new Refusal(400, { error: "ids must be positive integers" });
  }
  const distinct = [...new Set(ids as number[])];
  if (distinct.length > 20) throw new Refusal(413, { error: "at most 20 ids" });
  return distinct.sort((a, b) => a - b);
}

export async function DELETE(request: Request): Promise<Response> {
  try {
    const owner = ownerOf(request);
    const ids = await idsOf(request);
    const present = ids.filter((id) => find(id) !== undefined);
    const forbidden = present.filter((id) => find(id)?.owner !== owner);
    if (forbidden.length > 0) throw new Refusal(403, { forbidden });
    present.forEach(remove);
    const missing = ids.filter((id) => !present.includes(id));
    return Response.json({ deleted: present, missing }, { status: present.length > 0 ? 200 : 404 });
  } catch (error) {
    if (error instanceof Refusal) return Response.json(error.body, { status: error.status });
    throw error;
  }
}
