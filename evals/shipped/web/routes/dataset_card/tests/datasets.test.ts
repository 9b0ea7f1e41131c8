import { describe, expect, it } from "vitest";
import { POST } from "../app/api/datasets/route";

const send = (body: string) =>
  POST(new Request("http://localhost/api/datasets", { method: "POST", headers: { "content-type": "application/json" }, body }));

const card = (changes: object) =>
  send(JSON.stringify({ name: "wiki-small", licence: "mit", splits: { train: 0.8, test: 0.2 }, ...changes }));

describe("dataset cards", () => {
  it("registers a card with sorted splits", async () => {
    const response = await card({ licence: "cc-by-4.0", splits: { train: 0.7, dev: 0.1, test: 0.2 } });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ id: "cc-by-4.0/wiki-small", splits: ["dev", "test", "train"] });
  });

  it("lists all complaints in order", async () => {
    const response = await send("{}");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: [
        { field: "name", message: "name must be a slug" },
        { field: "licence", message: "unknown licence" },
        { field: "splits", message: "splits must add up to 1" },
      ],
    });
  });

  it("checks the slug at its limits", async () => {
    const names = ["abc", "a" + "b".repeat(39), "ab", "a" + "b".repeat(40), "Wiki", "9lives", "wiki_small"];
    const statuses = [];
    for (const name of names) statuses.push((await card({ name })).status);
    expect(statuses).toEqual([201, 201, 400, 400, 400, 400, 400]);
  });

  it("checks the shares at their limits", async () => {
    const shares = [{ all: 1 }, { a: 0.5, b: 0.5005 }, { a: 0.5, b: 0.51 }, { a: 1, b: 0 }, { a: 1.5, b: -0.5 }, {}, { a: "1" }, [1]];
    const statuses = [];
    for (const splits of shares) statuses.push((await card({ splits })).status);
    expect(statuses).toEqual([201, 201, 400, 400, 400, 400, 400, 400]);
  });

  it("refuses what is no JSON object", async () => {
    const answers = [];
    for (const body of ["{oops", "[]", "null", "7"]) {
      const response = await send(body);
      answers.push([response.status, await response.json()]);
    }
    const refusal = [400, { errors: [{ field: "body", message: "expected a JSON object" }] }];
    expect(answers).toEqual([refusal, refusal, refusal, refusal]);
  });

  it("names only the licence where only that is wrong", async () => {
    const response = await card({ licence: "MIT" });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: [{ field: "licence", message: "unknown licence" }] });
  });
});
