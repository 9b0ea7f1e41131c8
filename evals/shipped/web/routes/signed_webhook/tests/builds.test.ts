import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { POST } from "../app/api/webhooks/builds/route";

const sign = (body: string, secret = "s3cret") => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

function call(body: string, headers: Record<string, string>): Promise<Response> {
  return POST(new Request("http://localhost/api/webhooks/builds", { method: "POST", headers, body }));
}

beforeEach(() => {
  vi.stubEnv("WEBHOOK_SECRET", "s3cret");
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("build webhook", () => {
  it("accepts signed events", async () => {
    const passed = JSON.stringify({ build: "b1", state: "passed" });
    const failed = JSON.stringify({ build: "b2", state: "failed" });
    const first = await call(passed, { "x-signature": sign(passed) });
    expect(first.status).toBe(200);
    expect(await first.json()).toEqual({ build: "b1", ok: true });
    const second = await call(failed, { "x-signature": sign(failed) });
    expect(await second.json()).toEqual({ build: "b2", ok: false });
  });

  it("refuses missing and wrong signatures", async () => {
    const body = JSON.stringify({ build: "b1", state: "passed" });
    const right = sign(body);
    const answers = [];
    for (const signature of [undefined, "", "sha256=00", right.slice(7), sign(body, "other"), right + "0", sign(body + " ")]) {
      const response = await call(body, signature === undefined ? {} : { "x-signature": signature });
      answers.push([response.status, await response.json()]);
    }
    expect(answers).toEqual(Array(7).fill([401, { error: "bad signature" }]));
  });

  it("checks the signature before the body", async () => {
    const response = await call("{broken", { "x-signature": "sha256=00" });
    expect(response.status).toBe(401);
  });

  it("refuses events that do not fit", async () => {
    const answers = [];
    for (const body of ["{broken", "null", "{}", '{"build":"","state":"passed"}', '{"build":7,"state":"passed"}', '{"build":"b","state":"lost"}']) {
      const response = await call(body, { "x-signature": sign(body) });
      answers.push([response.status, await response.json()]);
    }
    expect(answers).toEqual(Array(6).fill([400, { error: "bad event" }]));
  });

  it("remembers accepted deliveries only", async () => {
    const body = JSON.stringify({ build: "b3", state: "passed" });
    const rejected = await call(body, { "x-signature": "no", "x-delivery": "d1" });
    expect(rejected.status).toBe(401);
    const first = await call(body, { "x-signature": sign(body), "x-delivery": "d1" });
    expect(await first.json()).toEqual({ build: "b3", ok: true });
    const again = await call(body, { "x-signature": sign(body), "x-delivery": "d1" });
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ duplicate: true });
    const other = await call(body, { "x-signature": sign(body), "x-delivery": "d2" });
    expect(await other.json()).toEqual({ build: "b3", ok: true });
  });

  it("says so where the secret is not set", async () => {
    vi.stubEnv("WEBHOOK_SECRET", "");
    const body = JSON.stringify({ build: "b4", state: "passed" });
    const response = await call(body, { "x-signature": sign(body) });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ error: "not configured" });
  });
});
