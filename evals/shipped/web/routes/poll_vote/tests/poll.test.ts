import { beforeEach, describe, expect, it, vi } from "vitest";

let route: typeof import("../app/api/poll/route");

function request(cookie: string | null, body?: string): Request {
  const headers: Record<string, string> = cookie === null ? {} : { cookie };
  return new Request("http://localhost/api/poll", { method: body === undefined ? "GET" : "POST", headers, body });
}
const vote = (choice: unknown, cookie: string | null = null) => route.POST(request(cookie, JSON.stringify({ choice })));
const standings = async (cookie: string | null = null) => (await route.GET(request(cookie))).json();

describe("poll", () => {
  beforeEach(async () => {
    vi.resetModules();
    route = await import("../app/api/poll/route");
  });

  it("starts at zero", async () => {
    expect(await standings()).toEqual({ tabs: 0, spaces: 0, voted: false });
  });

  it("counts votes and sets the cookie", async () => {
    const first = await vote("spaces");
    expect(first.status).toBe(201);
    expect(first.headers.get("set-cookie")).toBe("voted=spaces; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000");
    expect(await first.json()).toEqual({ tabs: 0, spaces: 1, voted: true });
    await vote("tabs");
    const third = await vote("spaces");
    expect(await third.json()).toEqual({ tabs: 1, spaces: 2, voted: true });
    expect(await standings()).toEqual({ tabs: 1, spaces: 2, voted: false });
  });

  it("recognises the cookie among others", async () => {
    const found = [];
    for (const cookie of ["voted=tabs", "a=1;voted=tabs", "a=1; voted=tabs; b=2", "unvoted=1", "x=voted", "votedx=1", ""]) {
      found.push((await standings(cookie)).voted);
    }
    expect(found).toEqual([true, true, true, false, false, false, false]);
  });

  it("refuses a second vote before it reads the choice", async () => {
    const response = await vote("neither", "a=1; voted=tabs");
    expect(response.status).toBe(409);
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(await response.json()).toEqual({ error: "already voted" });
    await vote("tabs", "voted=tabs");
    expect(await standings()).toEqual({ tabs: 0, spaces: 0, voted: false });
  });

  it("refuses choices that are not on offer", async () => {
    const answers = [];
    for (const body of ['{"choice":"both"}', '{"choice":["tabs"]}', '{"choice":"toString"}', "{}", "null", "tabs"]) {
      const response = await route.POST(request(null, body));
      answers.push([response.status, response.headers.get("set-cookie"), await response.json()]);
    }
    expect(answers).toEqual(Array(6).fill([400, null, { error: "choose tabs or spaces" }]));
    expect(await standings()).toEqual({ tabs: 0, spaces: 0, voted: false });
  });
});
