import { describe, expect, it } from "vitest";
import { POST } from "../app/api/measurements/route";

function upload(body: string, type = "text/csv"): Promise<Response> {
  return POST(new Request("http://localhost/api/measurements", { method: "POST", headers: { "content-type": type }, body }));
}

describe("measurements", () => {
  it("averages the values of each sensor", async () => {
    const response = await upload("sensor,value\nalpha,1\nbeta,10\nalpha,4\n", "text/csv; charset=utf-8");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ count: 3, mean: { alpha: 2.5, beta: 10 } });
  });

  it("takes windows line ends and padded cells", async () => {
    const response = await upload("sensor,value\r\n alpha , -2.5 \r\n");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ count: 1, mean: { alpha: -2.5 } });
  });

  it("turns other content types away", async () => {
    const response = await upload("sensor,value\nalpha,1", "application/json");
    expect(response.status).toBe(415);
    expect(await response.json()).toEqual({ error: "send text/csv" });
  });

  it("insists on the header", async () => {
    const response = await upload("value,sensor\n1,alpha");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: "bad header" });
  });

  it("names the wrong lines by number", async () => {
    const response = await upload("sensor,value\nalpha,1\n\nalpha\n,3\nbeta,\nbeta,x\nbeta,1,2\nbeta,Infinity\nbeta,0");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ lines: [4, 5, 6, 7, 8, 9] });
  });

  it("accepts a file without readings", async () => {
    const response = await upload("sensor,value");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ count: 0, mean: {} });
  });
});
