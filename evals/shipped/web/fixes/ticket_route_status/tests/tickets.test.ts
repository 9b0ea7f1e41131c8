import { beforeEach, describe, expect, it } from "vitest";
import { GET, PATCH } from "../app/api/tickets/route";
import { seed, ticketById } from "../lib/tickets";

beforeEach(() => {
  seed({ id: "t1", title: "Broken link", state: "open" });
});

const get = (id: string) => GET(new Request(`http://localhost/api/tickets?id=${id}`));
const patch = (id: string, body: string) => PATCH(new Request(`http://localhost/api/tickets?id=${id}`, { method: "PATCH", body }));

describe("tickets", () => {
  it("finds a ticket", async () => {
    const response = await get("t1");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ id: "t1", title: "Broken link", state: "open" });
  });

  it("answers 404 for unknown tickets", async () => {
    const read = await get("t2");
    expect(read.status).toBe(404);
    expect(await read.json()).toEqual({ error: "ticket not found" });
    const change = await patch("t2", "{");
    expect(change.status).toBe(404);
    expect(await change.json()).toEqual({ error: "ticket not found" });
  });

  it("closes a ticket", async () => {
    const response = await patch("t1", '{"state":"closed"}');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ id: "t1", title: "Broken link", state: "closed" });
  });

  it("answers 400 for unreadable JSON", async () => {
    const response = await patch("t1", "state=closed");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: "invalid JSON" });
    expect(ticketById("t1")?.state).toBe("open");
  });

  it("answers 422 for other states and keeps the ticket", async () => {
    const answers = [];
    for (const body of ['{"state":"lost"}', "{}", "null", '{"state":null}']) answers.push((await patch("t1", body)).status);
    expect(answers).toEqual([422, 422, 422, 422]);
    expect(await (await patch("t1", '{"state":"lost"}')).json()).toEqual({ error: "invalid state" });
    expect(ticketById("t1")?.state).toBe("open");
  });
});
