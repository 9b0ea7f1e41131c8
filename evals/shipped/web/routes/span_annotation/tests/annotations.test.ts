import { describe, expect, it } from "vitest";
import { POST } from "../app/api/annotations/route";

const TEXT = "Ada joined Acme in Rome";

function annotate(body: unknown): Promise<Response> {
  return POST(new Request("http://localhost/api/annotations", { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) }));
}
const span = (start: unknown, end: unknown, label: unknown = "PER") => ({ start, end, label });

async function remarks(...spans: unknown[]): Promise<[number, string][]> {
  const response = await annotate({ text: TEXT, spans });
  const body = await response.json();
  expect(response.status).toBe(400);
  return body.remarks.map((found: { index: number; remark: string }) => [found.index, found.remark]);
}

describe("annotations", () => {
  it("sorts entities by where they start", async () => {
    const response = await annotate({ text: TEXT, spans: [span(19, 23, "LOC"), span(0, 3), span(11, 15, "ORG"), span(4, 10)] });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      entities: [
        { label: "PER", quote: "Ada" },
        { label: "PER", quote: "joined" },
        { label: "ORG", quote: "Acme" },
        { label: "LOC", quote: "Rome" },
      ],
      covered: 17,
      labels: { PER: 2, ORG: 1, LOC: 1 },
    });
  });

  it("takes a text without marks", async () => {
    const response = await annotate({ text: TEXT, spans: [] });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ entities: [], covered: 0, labels: {} });
  });

  it("remarks on offsets", async () => {
    const found = await remarks(span(-1, 3), span(0, 24), span(3, 3), span(5, 4), span(0.5, 3), span("0", 3), {}, null);
    expect(found).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((index) => [index, "offsets"]));
  });

  it("remarks on labels before blanks", async () => {
    const found = await remarks(span(3, 10, "DOG"), span(3, 10), span(11, 16, "ORG"), span(0, 3, "per"));
    expect(found).toEqual([[0, "label"], [1, "blank"], [2, "blank"], [3, "label"]]);
  });

  it("remarks on overlap with sound earlier spans only", async () => {
    const found = await remarks(span(4, 10), span(5, 6, "ORG"), span(0, 10, "LOC"), span(0, 4), span(0, 3), span(2, 3));
    expect(found).toEqual([[1, "overlap"], [2, "overlap"], [3, "blank"], [5, "overlap"]]);
  });

  it("lets neighbours touch", async () => {
    const response = await annotate({ text: "AdaAcme", spans: [span(0, 3), span(3, 7, "ORG")] });
    expect(response.status).toBe(200);
    expect((await response.json()).covered).toBe(7);
  });

  it("refuses malformed payloads", async () => {
    const answers = [];
    for (const body of ["{", "null", "[]", { text: "", spans: [] }, { text: 5, spans: [] }, { text: TEXT, spans: {} }]) {
      const response = await annotate(body);
      answers.push([response.status, await response.json()]);
    }
    expect(answers).toEqual(Array(6).fill([400, { remarks: [], error: "malformed" }]));
  });
});
