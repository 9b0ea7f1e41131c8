import { beforeEach, describe, expect, it, vi } from "vitest";

let route: typeof import("../app/api/links/route");

const shorten = (target: string) =>
  route.POST(
    new Request("http://localhost/api/links", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ target }).toString(),
    }),
  );
const follow = (code: string) => route.GET(new Request(`http://localhost/api/links?code=${code}`));

describe("links", () => {
  beforeEach(async () => {
    vi.resetModules();
    route = await import("../app/api/links/route");
  });

  it("shortens and redirects", async () => {
    const made = await shorten("https://example.org/a?b=1#c");
    expect(made.status).toBe(201);
    expect(await made.json()).toEqual({ code: "1", short: "/api/links?code=1" });
    const followed = await follow("1");
    expect(followed.status).toBe(302);
    expect(followed.headers.get("location")).toBe("https://example.org/a?b=1#c");
  });

  it("keeps the code of a known target", async () => {
    await shorten("https://example.org");
    await shorten("http://example.org/");
    const again = await shorten("HTTPS://EXAMPLE.org/");
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ code: "1", short: "/api/links?code=1" });
  });

  it("counts in base 36", async () => {
    const codes: string[] = [];
    for (let n = 0; n < 37; n += 1) codes.push((await (await shorten(`https://example.org/${n}`)).json()).code);
    expect([codes[8], codes[9], codes[34], codes[35], codes[36]]).toEqual(["9", "a", "z", "10", "11"]);
    expect((await follow("Z")).headers.get("location")).toBe("https://example.org/34");
  });

  it("gives the first reason against a target", async () => {
    const reasons = [];
    for (const target of [
      "/relative",
      "",
      "ftp://me@localhost/",
      "javascript:alert(1)",
      "https://me:pw@localhost/",
      "https://me@example.org/",
      "http://localhost:3000/",
      "https://db.internal/x",
    ]) {
      const response = await shorten(target);
      reasons.push([response.status, (await response.json()).reason]);
    }
    expect(reasons).toEqual([
      [400, "not a url"],
      [400, "not a url"],
      [400, "scheme not allowed"],
      [400, "scheme not allowed"],
      [400, "credentials not allowed"],
      [400, "credentials not allowed"],
      [400, "host not allowed"],
      [400, "host not allowed"],
    ]);
  });

  it("does not mistake similar hosts for local ones", async () => {
    const first = await shorten("https://internal.example.org/");
    const second = await shorten("https://localhost.example.org/");
    expect([first.status, second.status]).toEqual([201, 201]);
  });

  it("knows no codes that it has not given out", async () => {
    await shorten("https://example.org/");
    const answers = [];
    for (const code of ["2", "0", "", "01"]) answers.push((await follow(code)).status);
    expect(answers).toEqual([404, 404, 404, 404]);
    expect(await (await follow("2")).json()).toEqual({ reason: "unknown code" });
  });
});
