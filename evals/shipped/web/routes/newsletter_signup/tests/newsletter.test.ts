import { describe, expect, it } from "vitest";
import { POST } from "../app/api/newsletter/route";

function submit(fields: Record<string, string>): Promise<Response> {
  return POST(
    new Request("http://localhost/api/newsletter", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields).toString(),
    }),
  );
}

describe("POST /api/newsletter", () => {
  it("subscribes a valid address", async () => {
    const response = await submit({ email: "ada@example.org", consent: "on" });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ subscriber: { email: "ada@example.org" } });
  });

  it("trims and lower-cases the address", async () => {
    const response = await submit({ email: "  Ada@Example.ORG ", consent: "on" });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ subscriber: { email: "ada@example.org" } });
  });

  it("reports both fields of an empty form", async () => {
    const response = await submit({});
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      errors: { email: "Email is required", consent: "Consent is required" },
    });
  });

  it("treats a blank address as missing", async () => {
    const response = await submit({ email: "   ", consent: "on" });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: { email: "Email is required" } });
  });

  it("refuses malformed addresses", async () => {
    const bad = ["ada", "ada@", "@example.org", "ada@example", "a@b@c.org", "a da@example.org", "ada@example.", "ada@.org x"];
    const statuses: number[] = [];
    const bodies: unknown[] = [];
    for (const email of bad) {
      const response = await submit({ email, consent: "on" });
      statuses.push(response.status);
      bodies.push(await response.json());
    }
    expect(statuses).toEqual(bad.map(() => 400));
    expect(bodies).toEqual(bad.map(() => ({ errors: { email: "Email is invalid" } })));
  });

  it("wants the checkbox to be on", async () => {
    const response = await submit({ email: "ada@example.org", consent: "off" });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: { consent: "Consent is required" } });
  });
});
