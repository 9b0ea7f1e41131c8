import { beforeEach, describe, expect, it } from "vitest";
import { DELETE } from "../app/api/documents/route";
import { count, find, reset } from "../lib/documents";

function purge(ids: unknown, authorization: string | null = "Bearer t-ana", raw?: string): Promise<Response> {
  const headers: Record<string, string> = authorization === null ? {} : { authorization };
  return DELETE(new Request("http://localhost/api/documents", { method: "DELETE", headers, body: raw ?? JSON.stringify({ ids }) }));
}
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

beforeEach(() => {
  reset();
});

describe("purging documents", () => {
  it("deletes what exists and names what does not", async () => {
    const response = await purge([12, 2, 99, 2, 31]);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ deleted: [2, 12], missing: [31, 99] });
    expect([find(2), find(12), count()]).toEqual([undefined, undefined, 28]);
  });

  it("answers 404 where nothing existed", async () => {
    const response = await purge([77]);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ deleted: [], missing: [77] });
  });

  it("knows its tokens before anything else", async () => {
    const statuses = [];
    for (const header of [null, "t-ana", "Bearer ", "Bearer t-eve", "Basic t-ana", "Bearer toString", "Bearer t-ana x"]) {
      statuses.push((await purge("nonsense", header)).status);
    }
    expect(statuses).toEqual(Array(7).fill(401));
    expect(await (await purge([1], null)).json()).toEqual({ error: "unauthorized" });
  });

  it("wants positive integers", async () => {
    const answers = [];
    for (const ids of [[], undefined, "1", [0], [-1], [1.5], ["1"], [1, null]]) {
      const response = await purge(ids);
      answers.push([response.status, await response.json()]);
    }
    expect(answers).toEqual(Array(8).fill([400, { error: "ids must be positive integers" }]));
    expect((await purge([], "Bearer t-ana", "ids=1")).status).toBe(400);
    expect(count()).toBe(30);
  });

  it("limits the number of different ids", async () => {
    const many = await purge(range(100, 120));
    expect(many.status).toBe(413);
    expect(await many.json()).toEqual({ error: "at most 20 ids" });
    const fits = await purge([...range(11, 19), ...range(31, 41), 11, 11, 12]);
    expect(fits.status).toBe(200);
    expect((await fits.json()).missing).toEqual(range(31, 41));
  });

  it("deletes nothing if one belongs to somebody else", async () => {
    const response = await purge([20, 3, 10, 99]);
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ forbidden: [10, 20] });
    expect(count()).toBe(30);
    const owner = await purge([10, 20], "Bearer t-bo");
    expect(await owner.json()).toEqual({ deleted: [10, 20], missing: [] });
  });
});
