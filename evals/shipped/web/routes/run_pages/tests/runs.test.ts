import { describe, expect, it } from "vitest";
import { GET } from "../app/api/runs/route";
import { runs } from "../lib/runs";

const fetchRuns = (query: string) => GET(new Request(`http://localhost/api/runs${query}`));
const ids = (body: { items: { id: string }[] }) => body.items.map((run) => run.id);

describe("GET /api/runs", () => {
  it("gives the newest ten by default", async () => {
    const body = await (await fetchRuns("")).json();
    expect(ids(body)).toEqual(["run-23", "run-21", "run-22", "run-19", "run-20", "run-17", "run-18", "run-15", "run-16", "run-13"]);
    expect([body.page, body.pages, body.total]).toEqual([1, 3, 23]);
  });

  it("gives the rest on the last page and nothing after it", async () => {
    const last = await (await fetchRuns("?page=3")).json();
    expect(ids(last)).toEqual(["run-04", "run-01", "run-02"]);
    const after = await fetchRuns("?page=4");
    expect(after.status).toBe(200);
    expect(await after.json()).toEqual({ items: [], page: 4, pages: 3, total: 23 });
  });

  it("filters before it pages", async () => {
    const body = await (await fetchRuns("?status=failed&per_page=8")).json();
    expect(ids(body)).toEqual(["run-23", "run-20", "run-17", "run-14", "run-11", "run-08", "run-05", "run-02"]);
    expect([body.pages, body.total]).toEqual([1, 8]);
  });

  it("has one page where nothing is found", async () => {
    const body = await (await fetchRuns("?status=lost")).json();
    expect(body).toEqual({ items: [], page: 1, pages: 1, total: 0 });
  });

  it("names every bad parameter", async () => {
    const response = await fetchRuns("?page=0&per_page=51");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ invalid: ["page", "per_page"] });
  });

  it("takes digits only", async () => {
    const answers = [];
    for (const query of ["?page=1.5", "?page=-1", "?page=", "?page=1e1", "?per_page=ten", "?per_page=50"]) {
      answers.push((await fetchRuns(query)).status);
    }
    expect(answers).toEqual([400, 400, 400, 400, 400, 200]);
  });

  it("leaves the imported array alone", async () => {
    const response = await fetchRuns("?per_page=50");
    expect((await response.json()).items).toHaveLength(23);
    expect(runs[0].id).toBe("run-01");
  });
});
