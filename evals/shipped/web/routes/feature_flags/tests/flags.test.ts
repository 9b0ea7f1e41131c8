import { beforeEach, describe, expect, it } from "vitest";
import { DELETE, GET, PUT } from "../app/api/flags/route";

const url = (query = "") => `http://localhost/api/flags${query}`;
const put = (flag: object) => PUT(new Request(url(), { method: "PUT", body: JSON.stringify(flag) }));
const read = async (query = "") => (await GET(new Request(url(query)))).json();
const drop = (query = "") => DELETE(new Request(url(query), { method: "DELETE" }));

describe("feature flags", () => {
  beforeEach(async () => {
    await drop();
  });

  it("creates, then replaces", async () => {
    const made = await put({ key: "search.vector", enabled: false });
    expect(made.status).toBe(201);
    expect(await made.json()).toEqual({ key: "search.vector", enabled: false, rollout: 100 });
    const replaced = await put({ key: "search.vector", enabled: true, rollout: 0 });
    expect(replaced.status).toBe(200);
    expect(await read()).toEqual({ flags: [{ key: "search.vector", enabled: true, rollout: 0 }] });
  });

  it("names the offending properties", async () => {
    const response = await put({ key: "Search", enabled: "yes", rollout: 101 });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ problems: ["key", "enabled", "rollout"] });
    expect(await read()).toEqual({ flags: [] });
  });

  it("checks keys and percentages closely", async () => {
    const statuses = [];
    for (const key of ["a", "a.b.c", "a..b", ".a", "a.", "a1", ""]) statuses.push((await put({ key, enabled: true })).status);
    for (const rollout of [100, -1, 0.5, "5", null]) statuses.push((await put({ key: "x", enabled: true, rollout })).status);
    expect(statuses).toEqual([201, 201, 400, 400, 400, 400, 400, 201, 400, 400, 400, 400]);
  });

  it("sorts by key", async () => {
    await put({ key: "b", enabled: true });
    await put({ key: "c", enabled: true });
    await put({ key: "a", enabled: true });
    expect((await read()).flags.map((flag: { key: string }) => flag.key)).toEqual(["a", "b", "c"]);
  });

  it("rolls out by the user's bucket", async () => {
    await put({ key: "over", enabled: true, rollout: 98 });
    await put({ key: "equal", enabled: true, rollout: 97 });
    await put({ key: "edge", enabled: true, rollout: 95 });
    await put({ key: "off", enabled: false, rollout: 100 });
    await put({ key: "all", enabled: true });
    expect(await read("?user=a")).toEqual({ on: ["all", "over"] });
    expect(await read("?user=ab")).toEqual({ on: ["all", "equal", "over"] });
  });

  it("removes one flag or says that there is none", async () => {
    await put({ key: "a", enabled: true });
    await put({ key: "b", enabled: true });
    const gone = await drop("?key=a");
    expect(gone.status).toBe(204);
    expect(await gone.text()).toBe("");
    const missing = await drop("?key=a");
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ missing: "a" });
    expect((await read()).flags).toHaveLength(1);
  });
});
