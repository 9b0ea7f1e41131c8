import { ROOMS, add, list } from "../../../lib/reservations";

const LONGEST_MS = 4 * 60 * 60 * 1000;

export async function POST(request: Request): Promise<Response> {
  let body: any;
  try {
    body = (await request.json()) ?? {};
  } catch {
    return Response.json({ errors: { body: "not JSON" } }, { status: 400 });
  }
  const errors: { room?: string; from?: string; to?: string } = {};
  if (!ROOMS.includes(body.room)) errors.room = "unknown room";
  const from = typeof body.from === "string" ? Date.parse(body.from) : NaN;
  const to = typeof body.to === "string" ? Date.parse(body.to) : NaN;
  if (Number.isNaN(from)) errors.from = "not a time";
  if (Number.isNaN(to)) errors.to = "not a time";
  else if (to <= from) errors.to = "must be after from";
  else if (to - from > LONGEST_MS) errors.to = "at most 4 hours";
  if (errors.room || errors.from || errors.to) return Response.json({ errors }, { status: 400 });

  const blocking = list().find(
    (other) => other.room === body.room && Date.parse(other.from) < to && from < Date.parse(other.to),
  );
  if (blocking) return Response.json({ conflict: blocking.id }, { status: 409 });
  const made = add({ room: body.room, from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  return Response.json(made, { status: 201 });
}
