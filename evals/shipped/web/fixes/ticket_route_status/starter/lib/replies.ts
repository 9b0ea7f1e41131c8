export function problem(error: string, status?: number): Response {
  return Response.json({ error }, { status: status ?? 200 });
}
