import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Leaderboard } from "../components/Leaderboard";

configure({ asyncUtilTimeout: 3000 });

const MODELS = [
  { model: "mid", score: 71.25, params: 1740 },
  { model: "Big", score: 88, params: 70000 },
  { model: "tiny", score: 40.5, params: 360 },
  { model: "edge", score: 71.25, params: 1000 },
];
const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementation(async () => Response.json(MODELS));
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function column(index: number): (string | null)[] {
  return screen.getAllByRole("row").slice(1).map((row) => within(row).getAllByRole("cell")[index].textContent);
}
const header = (name: string) => screen.getByRole("columnheader", { name });

describe("Leaderboard", () => {
  it("loads once and shows the best first", async () => {
    render(<Leaderboard />);
    expect(screen.getByRole("status")).toHaveTextContent("Loading leaderboard…");
    await screen.findByRole("table");
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(column(0)).toEqual(["Big", "mid", "edge", "tiny"]);
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/leaderboard"]);
  });

  it("prints scores and sizes", async () => {
    render(<Leaderboard />);
    await screen.findByRole("table");
    expect(column(1)).toEqual(["88.0", "71.3", "71.3", "40.5"]);
    expect(column(2)).toEqual(["70B", "1.7B", "1B", "360M"]);
  });

  it("flips the direction of the column in use", async () => {
    render(<Leaderboard />);
    await screen.findByRole("table");
    expect(header("Score")).toHaveAttribute("aria-sort", "descending");
    await userEvent.click(screen.getByRole("button", { name: "Score" }));
    expect(column(0)).toEqual(["tiny", "mid", "edge", "Big"]);
    expect(header("Score")).toHaveAttribute("aria-sort", "ascending");
    await userEvent.click(screen.getByRole("button", { name: "Score" }));
    expect(column(0)).toEqual(["Big", "mid", "edge", "tiny"]);
  });

  it("sorts by another column in its own direction", async () => {
    render(<Leaderboard />);
    await screen.findByRole("table");
    await userEvent.click(screen.getByRole("button", { name: "Model" }));
    expect(column(0)).toEqual(["Big", "edge", "mid", "tiny"]);
    expect(header("Model")).toHaveAttribute("aria-sort", "ascending");
    await userEvent.click(screen.getByRole("button", { name: "Params" }));
    expect(column(0)).toEqual(["Big", "mid", "edge", "tiny"]);
    expect(header("Params")).toHaveAttribute("aria-sort", "descending");
    expect(header("Model")).not.toHaveAttribute("aria-sort");
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("says that there are no models", async () => {
    fetchMock.mockImplementation(async () => Response.json([]));
    render(<Leaderboard />);
    const message = await screen.findByText("No models yet");
    expect(message).toBeInTheDocument();
    expect(screen.queryByRole("table")).not.toBeInTheDocument();
  });

  it("says that the leaderboard is unavailable", async () => {
    fetchMock.mockImplementation(async () => new Response("down", { status: 503 }));
    const { unmount } = render(<Leaderboard />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Leaderboard unavailable");
    unmount();
    fetchMock.mockRejectedValue(new Error("offline"));
    render(<Leaderboard />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Leaderboard unavailable");
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
  });
});
