import { describe, expect, it } from "vitest";
import { POST } from "../app/api/quote/route";

const quote = (body: unknown) => POST(new Request("http://localhost/api/quote", { method: "POST", body: JSON.stringify(body) }));
const item = (cents: unknown, quantity: unknown = 1, sku: unknown = "tea") => ({ sku, cents, quantity });

describe("cart quote", () => {
  it("adds up lines and shipping", async () => {
    const response = await quote({ items: [item(250, 3), item(1, 2, "bag")] });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ sum: 752, reduction: 0, shipping: 490, total: 1242 });
  });

  it("ships free from fifty on", async () => {
    const below = await (await quote({ items: [item(4999)], coupon: null })).json();
    expect(below).toEqual({ sum: 4999, reduction: 0, shipping: 490, total: 5489 });
    const reached = await (await quote({ items: [item(5000)], coupon: "" })).json();
    expect(reached).toEqual({ sum: 5000, reduction: 0, shipping: 0, total: 5000 });
  });

  it("rounds ten percent down and judges shipping after it", async () => {
    const small = await (await quote({ items: [item(109)], coupon: "TENOFF" })).json();
    expect(small).toEqual({ sum: 109, reduction: 10, shipping: 490, total: 589 });
    const large = await (await quote({ items: [item(5500)], coupon: "TENOFF" })).json();
    expect(large).toEqual({ sum: 5500, reduction: 550, shipping: 490, total: 5440 });
  });

  it("waives shipping by coupon and knows no others", async () => {
    const free = await (await quote({ items: [item(100)], coupon: "SHIPFREE" })).json();
    expect(free).toEqual({ sum: 100, reduction: 0, shipping: 0, total: 100 });
    const unknown = await quote({ items: [item(100)], coupon: "tenoff" });
    expect(unknown.status).toBe(400);
    expect(await unknown.json()).toEqual({ error: "unknown coupon" });
  });

  it("refuses an empty cart", async () => {
    const answers = [];
    for (const body of [{}, { items: [] }, { items: "tea" }]) {
      const response = await quote(body);
      answers.push([response.status, await response.json()]);
    }
    expect(answers).toEqual(Array(3).fill([400, { error: "cart is empty" }]));
  });

  it("names the first broken item", async () => {
    const broken = [item(-1), item(1.5), item("1"), item(1, 0), item(1, 100), item(1, 1, " "), item(1, 1, 7), null];
    const answers = [];
    for (const line of broken) {
      const response = await quote({ items: [item(0, 99), line, item(-1)] });
      answers.push([response.status, await response.json()]);
    }
    expect(answers).toEqual(broken.map(() => [400, { error: "item 2 is invalid" }]));
  });
});
