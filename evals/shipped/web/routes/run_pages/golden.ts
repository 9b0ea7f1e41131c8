import { runs } from "../../../lib/runs";

function whole(text: string | null, fallback: number, most: number): number | null {
  if (text === null) return fallback;
  if (!/^\d+$/.test(text)) return null;
  const value = Number(text);
  return value >= 1 && value <= most ? value : null;
}

export async function GET(request: Request): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const page = whole(query.get("page"), 1, Number.MAX_SAFE_INTEGER);
  const perPage = whole(query.get("per_page"), 10, 50);
  if (page === null || perPage === null) {
    const invalid = [...(page === null ? ["page"] : []), ...(perPage === null ? ["per_page"] : [])];
    return Response.json({ invalid }, { status: 400 });
  }
  const status = query.get("status");
  const found = runs
    .filter((run) => status === null || run.status === status)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt) || a.id.localeCompare(b.id));
  const first = (page - 1) * perPage;
  return Response.json({
    items: found.slice(first, first + perPage),
    page,
    pages: Math.max(1, Math.ceil(found.length / perPage)),
    total: found.length,
  });
}
