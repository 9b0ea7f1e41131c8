import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import ProfileCard from "../components/ProfileCard";

configure({ asyncUtilTimeout: 3000 });

const fetchMock = vi.fn();
const ADA = { name: "Ada Lovelace", title: "Analyst", avatarUrl: "/ada.png" };

beforeEach(() => {
  fetchMock.mockReset();
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("ProfileCard", () => {
  it("shows a spinner while it loads", () => {
    fetchMock.mockReturnValue(new Promise(() => undefined));
    render(<ProfileCard userId={7} />);
    expect(fetchMock.mock.calls[0][0]).toBe("/api/users/7");
    expect(screen.queryByRole("heading")).not.toBeInTheDocument();
    expect(screen.getByRole("status")).toHaveTextContent("Loading profile…");
  });

  it("shows name, title and portrait", async () => {
    fetchMock.mockImplementation(async () => Response.json(ADA));
    render(<ProfileCard userId={7} />);
    const heading = await screen.findByRole("heading", { level: 2 });
    expect(heading).toHaveTextContent("Ada Lovelace");
    expect(screen.getByText("Analyst")).toBeInTheDocument();
    expect(screen.getByAltText("Portrait of Ada Lovelace")).toHaveAttribute("src", "/ada.png");
    expect(screen.queryByTestId("initials")).not.toBeInTheDocument();
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("falls back on initials", async () => {
    fetchMock.mockImplementation(async () => Response.json({ ...ADA, name: "grace brewster Hopper", avatarUrl: null }));
    render(<ProfileCard userId={8} />);
    const initials = await screen.findByTestId("initials");
    expect(screen.queryByRole("img")).not.toBeInTheDocument();
    expect(initials).toHaveTextContent(/^GBH$/);
  });

  it("says so when the server refuses", async () => {
    fetchMock.mockImplementation(async () => Response.json({ ...ADA }, { status: 404 }));
    render(<ProfileCard userId={9} />);
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent(/^Could not load this profile\.$/);
    expect(screen.queryByRole("heading")).not.toBeInTheDocument();
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
  });

  it("says so when the network fails", async () => {
    fetchMock.mockRejectedValue(new TypeError("offline"));
    render(<ProfileCard userId={9} />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Could not load this profile.");
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
  });

  it("ignores the late answer for an earlier id", async () => {
    const answers: Record<string, (response: Response) => void> = {};
    fetchMock.mockImplementation((url: string) => new Promise((resolve) => (answers[url] = resolve)));
    const { rerender } = render(<ProfileCard userId={1} />);
    rerender(<ProfileCard userId={2} />);
    answers["/api/users/2"](Response.json({ ...ADA, name: "Second" }));
    expect(await screen.findByRole("heading")).toHaveTextContent("Second");
    answers["/api/users/1"](Response.json({ ...ADA, name: "First" }));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(screen.getByRole("heading")).toHaveTextContent("Second");
  });

  it("goes back to the spinner for another id", async () => {
    fetchMock.mockImplementationOnce(async () => Response.json(ADA));
    fetchMock.mockReturnValueOnce(new Promise(() => undefined));
    const { rerender } = render(<ProfileCard userId={1} />);
    await screen.findByRole("heading");
    rerender(<ProfileCard userId={2} />);
    expect(screen.queryByText("Ada Lovelace")).not.toBeInTheDocument();
    expect(screen.getByRole("status")).toBeInTheDocument();
  });
});
