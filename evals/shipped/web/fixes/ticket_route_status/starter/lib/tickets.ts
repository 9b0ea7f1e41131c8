export type Ticket = { id: string; title: string; state: "open" | "closed" };

const tickets = new Map<string, Ticket>();

export function seed(...all: Ticket[]): void {
  tickets.clear();
  for (const ticket of all) tickets.set(ticket.id, { ...ticket });
}

export function ticketById(id: string | null): Ticket | undefined {
  return tickets.get(id ?? "");
}
