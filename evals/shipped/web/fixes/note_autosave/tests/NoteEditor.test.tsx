import "@testing-library/jest-dom/vitest";
import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { saveNote } from "../src/api";
import { NoteEditor } from "../src/NoteEditor";

configure({ asyncUtilTimeout: 3000 });

const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const press = () => fireEvent.click(screen.getByRole("button", { name: "Save note" }));

describe("NoteEditor", () => {
  it("sends the text that was typed", async () => {
    fetchMock.mockImplementation(async () => Response.json({ version: 2 }));
    render(<NoteEditor id="n1" initial="old" />);
    fireEvent.change(screen.getByLabelText("Note"), { target: { value: "new" } });
    press();
    expect(await screen.findByText("Saved")).toBeInTheDocument();
    const [url, init] = fetchMock.mock.calls[0];
    expect([url, init.method, JSON.parse(init.body)]).toEqual(["/api/notes/n1", "PUT", { text: "new" }]);
  });

  it("is saving until the server has answered", async () => {
    let answer: (response: Response) => void = () => undefined;
    fetchMock.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    render(<NoteEditor id="n1" initial="old" />);
    press();
    expect(await screen.findByText("Saving…")).toBeInTheDocument();
    expect(screen.getByRole("button")).toBeDisabled();
    expect(screen.queryByText("Saved")).not.toBeInTheDocument();
    answer(Response.json({ version: 2 }));
    expect(await screen.findByText("Saved")).toBeInTheDocument();
    expect(screen.queryByText("Saving…")).not.toBeInTheDocument();
  });

  it("alerts after an error status", async () => {
    fetchMock.mockImplementation(async () => Response.json({ version: 2 }, { status: 500 }));
    render(<NoteEditor id="n1" initial="old" />);
    press();
    expect(await screen.findByRole("alert")).toHaveTextContent("Could not save the note");
    expect(screen.queryByText("Saved")).not.toBeInTheDocument();
    fireEvent.change(screen.getByLabelText("Note"), { target: { value: "newer" } });
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("alerts after an outage", async () => {
    fetchMock.mockRejectedValue(new Error("offline"));
    render(<NoteEditor id="n1" initial="old" />);
    press();
    expect(await screen.findByRole("alert")).toHaveTextContent("Could not save the note");
    expect(screen.getByRole("button")).toBeEnabled();
  });

  it("resolves with the version", async () => {
    fetchMock.mockImplementation(async () => Response.json({ version: 7 }));
    await expect(saveNote("n1", "x")).resolves.toBe(7);
  });

  it("rejects for callers", async () => {
    fetchMock.mockImplementation(async () => Response.json({ version: 7 }, { status: 409 }));
    await expect(saveNote("n1", "x")).rejects.toBeInstanceOf(Error);
  });
});
