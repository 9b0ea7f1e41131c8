import { beforeEach, describe, expect, it, vi } from "vitest";

let route: typeof import("../app/api/preferences/route");

const URL_ = "http://localhost/api/preferences";
const read = (headers: Record<string, string> = {}) => route.GET(new Request(URL_, { headers }));
const patch = (changes: object, tag: string | null = '"1"') =>
  route.PATCH(new Request(URL_, { method: "PATCH", headers: tag === null ? {} : { "if-match": tag }, body: JSON.stringify(changes) }));

describe("preferences", () => {
  beforeEach(async () => {
    vi.resetModules();
    route = await import("../app/api/preferences/route");
  });

  it("serves the object with its tag", async () => {
    const response = await read();
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).toBe('"1"');
    expect(await response.json()).toEqual({ theme: "light", fontSize: 14, beta: false });
  });

  it("saves a transfer where the tag is known", async () => {
    const known = await read({ "if-none-match": '"1"' });
    expect(known.status).toBe(304);
    expect(known.headers.get("etag")).toBe('"1"');
    expect(await known.text()).toBe("");
    expect((await read({ "if-none-match": "*" })).status).toBe(304);
    expect((await read({ "if-none-match": '"2"' })).status).toBe(200);
  });

  it("changes what is named and moves the tag on", async () => {
    const response = await patch({ theme: "dark", fontSize: 24 });
    expect(response.status).toBe(200);
    expect(response.headers.get("etag")).toBe('"2"');
    expect(await response.json()).toEqual({ theme: "dark", fontSize: 24, beta: false });
    expect(await (await read()).json()).toEqual({ theme: "dark", fontSize: 24, beta: false });
  });

  it("demands the present tag", async () => {
    const without = await patch({ beta: true }, null);
    expect(without.status).toBe(428);
    expect(await without.json()).toEqual({ error: "if-match required" });
    await patch({ beta: true });
    const stale = await patch({ beta: false });
    expect(stale.status).toBe(412);
    expect(await stale.json()).toEqual({ error: "stale", current: 2 });
    expect((await (await read()).json()).beta).toBe(true);
  });

  it("rejects unfit values as a whole", async () => {
    const response = await patch({ theme: "blue", beta: true, fontSize: 9, accent: "red", toString: 1 });
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({ rejected: ["accent", "fontSize", "theme", "toString"] });
    const after = await read();
    expect(after.headers.get("etag")).toBe('"1"');
    expect((await after.json()).beta).toBe(false);
  });

  it("checks sizes and switches at their limits", async () => {
    const statuses = [];
    for (const change of [{ fontSize: 25 }, { fontSize: 10.5 }, { fontSize: "12" }, { beta: 1 }, { fontSize: 10 }]) {
      statuses.push((await patch(change)).status);
    }
    expect(statuses).toEqual([422, 422, 422, 422, 200]);
  });

  it("keeps the revision where no value changes", async () => {
    const empty = await patch({});
    expect([empty.status, empty.headers.get("etag")]).toEqual([200, '"1"']);
    const same = await patch({ theme: "light", beta: false });
    expect([same.status, same.headers.get("etag")]).toEqual([200, '"1"']);
  });
});
