import "@testing-library/jest-dom/vitest";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import CitySearch from "../components/CitySearch";

const fetchMock = vi.fn();
const onPick = vi.fn();

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const type = (value: string) => fireEvent.change(screen.getByRole("searchbox", { name: "City" }), { target: { value } });
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const urls = () => fetchMock.mock.calls.map((call) => call[0]);

describe("CitySearch", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    fetchMock.mockReset();
    onPick.mockReset();
    fetchMock.mockImplementation(async () => Response.json(["Bergen", "Berlin"]));
    vi.stubGlobal("fetch", fetchMock);
    render(<CitySearch onPick={onPick} />);
  });

  it("asks once after a pause of 300 ms", async () => {
    type("be");
    await pass(200);
    type("ber & ");
    await pass(299);
    expect(urls()).toEqual([]);
    await pass(1);
    expect(urls()).toEqual(["/api/cities?q=ber%20%26"]);
    expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(["Bergen", "Berlin"]);
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
  });

  it("does not ask for short or unchanged terms", async () => {
    type(" b ");
    await pass(400);
    expect(urls()).toEqual([]);
    type("be");
    await pass(400);
    type("be ");
    await pass(400);
    expect(urls()).toEqual(["/api/cities?q=be"]);
  });

  it("says that it searches, and drops an answer that came too late", async () => {
    const answers: ((response: Response) => void)[] = [];
    fetchMock.mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
    type("be");
    await pass(300);
    expect(screen.getByRole("status")).toHaveTextContent("Searching");
    type("os");
    await pass(300);
    answers[1](Response.json(["Oslo"]));
    await pass(0);
    answers[0](Response.json(["Berlin"]));
    await pass(0);
    expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(["Oslo"]);
  });

  it("clears at once when the term gets too short", async () => {
    type("be");
    await pass(300);
    type("b");
    expect(screen.queryByRole("list")).not.toBeInTheDocument();
    let answer: (response: Response) => void = () => undefined;
    fetchMock.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
    type("ber");
    await pass(300);
    type("");
    answer(Response.json(["Bern"]));
    await pass(0);
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(screen.queryByText("Bern")).not.toBeInTheDocument();
  });

  it("hands over the picked city without another request", async () => {
    type("be");
    await pass(300);
    fireEvent.click(screen.getByRole("button", { name: "Berlin" }));
    await pass(400);
    expect(onPick.mock.calls).toEqual([["Berlin"]]);
    expect(screen.getByRole("searchbox")).toHaveValue("Berlin");
    expect(screen.queryByRole("list")).not.toBeInTheDocument();
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("tells of no match and of failure", async () => {
    fetchMock.mockImplementationOnce(async () => Response.json([]));
    type("zzz");
    await pass(300);
    expect(screen.getByText('No city matches "zzz"')).toBeInTheDocument();
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 500 }));
    type("yyy");
    await pass(300);
    expect(screen.queryByText('No city matches "zzz"')).not.toBeInTheDocument();
    expect(screen.getByRole("alert")).toHaveTextContent("Search failed");
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    type("xxx");
    await pass(300);
    expect(screen.getByRole("alert")).toHaveTextContent("Search failed");
  });
});
