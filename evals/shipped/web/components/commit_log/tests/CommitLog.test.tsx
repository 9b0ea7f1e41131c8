import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommitLog } from "../components/CommitLog";

configure({ asyncUtilTimeout: 3000 });

const fetchMock = vi.fn();
const commit = (letter: string, subject: string) => ({ sha: letter.repeat(40), subject });
const portion = (commits: object[], next: string | null) => async () => Response.json({ commits, next });
const items = () => screen.getAllByRole("listitem").map((item) => item.textContent);

beforeEach(() => {
  fetchMock.mockReset();
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("CommitLog", () => {
  it("lists the first portion", async () => {
    fetchMock.mockImplementation(portion([commit("a", "Fix parser"), commit("b", "Add docs")], null));
    render(<CommitLog repo="ml/evals & co" />);
    expect(screen.getByRole("status")).toHaveTextContent("Fetching commits");
    await screen.findByRole("list");
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(items()).toEqual(["aaaaaaa Fix parser", "bbbbbbb Add docs"]);
    expect(screen.queryByRole("button")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/commits?repo=ml%2Fevals%20%26%20co"]);
  });

  it("appends the next portion without repeats", async () => {
    fetchMock.mockImplementationOnce(portion([commit("a", "One"), commit("b", "Two")], "p=2"));
    fetchMock.mockImplementationOnce(portion([commit("b", "Two"), commit("c", "Three")], null));
    render(<CommitLog repo="evals" />);
    await userEvent.click(await screen.findByRole("button", { name: "Load more" }));
    await screen.findByText("ccccccc Three");
    expect(items()).toEqual(["aaaaaaa One", "bbbbbbb Two", "ccccccc Three"]);
    expect(fetchMock.mock.calls[1][0]).toBe("/api/commits?repo=evals&cursor=p%3D2");
    expect(screen.queryByRole("button")).not.toBeInTheDocument();
  });

  it("disables the button while it loads more", async () => {
    let answer: (response: Response) => void = () => undefined;
    fetchMock.mockImplementationOnce(portion([commit("a", "One")], "2"));
    fetchMock.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    render(<CommitLog repo="evals" />);
    await userEvent.click(await screen.findByRole("button", { name: "Load more" }));
    expect(screen.getByRole("button")).toHaveTextContent("Loading…");
    expect(screen.getByRole("button")).toBeDisabled();
    expect(items()).toEqual(["aaaaaaa One"]);
    answer(Response.json({ commits: [commit("b", "Two")], next: "3" }));
    expect(await screen.findByRole("button", { name: "Load more" })).toBeEnabled();
  });

  it("keeps the list when a later portion fails", async () => {
    fetchMock.mockImplementationOnce(portion([commit("a", "One")], "2"));
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 500 }));
    fetchMock.mockImplementationOnce(portion([commit("b", "Two")], null));
    render(<CommitLog repo="evals" />);
    await userEvent.click(await screen.findByRole("button", { name: "Load more" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Could not load more");
    expect(items()).toEqual(["aaaaaaa One"]);
    await userEvent.click(screen.getByRole("button", { name: "Load more" }));
    await screen.findByText("bbbbbbb Two");
    expect(fetchMock.mock.calls[2][0]).toBe("/api/commits?repo=evals&cursor=2");
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("has only an alert when the first portion fails", async () => {
    fetchMock.mockRejectedValue(new Error("offline"));
    render(<CommitLog repo="evals" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("History unavailable");
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(screen.queryByRole("button")).not.toBeInTheDocument();
  });

  it("says that there are no commits", async () => {
    fetchMock.mockImplementation(portion([], null));
    render(<CommitLog repo="empty" />);
    expect(await screen.findByText("No commits yet")).toBeInTheDocument();
    expect(screen.queryByRole("list")).not.toBeInTheDocument();
  });
});
