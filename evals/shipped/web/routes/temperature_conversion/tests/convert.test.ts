import { describe, expect, it } from "vitest";
import { GET, POST } from "../app/api/convert/route";

const convert = (query: string) => GET(new Request(`http://localhost/api/convert?${query}`));

async function value(query: string): Promise<number> {
  return (await (await convert(query)).json()).value;
}

describe("temperature conversion", () => {
  it("converts and may be cached", async () => {
    const response = await convert("value=20&from=c&to=f");
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=86400");
    expect(await response.json()).toEqual({ value: 68, unit: "F" });
  });

  it("knows every pair of scales", async () => {
    const found = [
      await value("value=25&from=C&to=K"),
      await value("value=50&from=F&to=C"),
      await value("value=212&from=F&to=K"),
      await value("value=0&from=K&to=F"),
      await value("value=300&from=K&to=C"),
      await value("value=12.5&from=K&to=K"),
    ];
    expect(found).toEqual([298.15, 10, 373.15, -459.67, 26.85, 12.5]);
  });

  it("rounds to two decimals", async () => {
    expect(await value("value=1&from=F&to=C")).toBe(-17.22);
    expect(await value("value=100&from=F&to=C")).toBe(37.78);
  });

  it("lists what is wrong in order", async () => {
    const response = await convert("value=warm&from=X");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      messages: ["value must be a number", "from must be C, F or K", "to must be C, F or K"],
    });
  });

  it("does not take blanks or infinity for numbers", async () => {
    const answers = [];
    for (const text of ["", "%20", "Infinity", "NaN"]) answers.push(await (await convert(`value=${text}&from=C&to=K`)).json());
    expect(answers).toEqual(Array(4).fill({ messages: ["value must be a number"] }));
  });

  it("stops at absolute zero", async () => {
    expect(await value("value=-273.15&from=C&to=K")).toBe(0);
    const response = await convert("value=-273.16&from=C&to=R");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ messages: ["value is below absolute zero", "to must be C, F or K"] });
  });

  it("allows reading only", async () => {
    const post: (request: Request) => Promise<Response> = POST;
    const response = await post(new Request("http://localhost/api/convert", { method: "POST" }));
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET");
    expect(await response.text()).toBe("");
  });
});
