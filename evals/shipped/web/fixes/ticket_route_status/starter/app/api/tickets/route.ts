import { problem } from "../../../lib/replies";
import { type Ticket, ticketById } from "../../../lib/tickets";

const STATES = ["open", "closed"];

function wanted(request: Request): Ticket | undefined {
  return ticketById(new URL(request.url).searchParams.get("id"));
}

export async function GET(request: Request): Promise<Response> {
  const ticket = wanted(request);
  if (!ticket) return problem("ticket not found");
  return Response.json(ticket);
}

export async function PATCH(request: Request): Promise<Response> {
  const ticket = wanted(request);
  if (!ticket) return problem("ticket not found");
  const body = await request.json();
  ticket.state = body.state;
  if (!STATES.includes(body.state)) return problem("invalid state", 422);
  return Response.json(ticket);
}
