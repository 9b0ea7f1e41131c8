import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TranslationTable } from "../components/TranslationTable";

configure({ asyncUtilTimeout: 3000 });

const fetchMock = vi.fn();
const refused = async () => new Response("", { status: 500 });

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementationOnce(async () => Response.json({ save: "Sichern", cancel: "Abbrechen", help: "" }));
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const row = (key: string) => screen.getByText(key, { selector: "td" }).closest("tr") as HTMLElement;
const text = (key: string) => within(row(key)).getAllByRole("cell")[1].textContent;
const box = () => screen.queryByRole("textbox");
async function edit(key: string, input: string): Promise<void> {
  await userEvent.click(await screen.findByRole("button", { name: `Edit ${key}` }));
  await userEvent.clear(screen.getByRole("textbox"));
  await userEvent.keyboard(input);
}

describe("TranslationTable", () => {
  it("lists the texts by key", async () => {
    render(<TranslationTable locale="de" />);
    expect(screen.getByRole("status")).toHaveTextContent("Fetching texts");
    await screen.findByRole("table");
    const rows = screen.getAllByRole("row").map((one) => within(one).getAllByRole("cell").slice(0, 2).map((cell) => cell.textContent));
    expect(rows).toEqual([["cancel", "Abbrechen"], ["help", "(untranslated)"], ["save", "Sichern"]]);
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/translations/de"]);
  });

  it("edits one row at a time", async () => {
    render(<TranslationTable locale="de" />);
    await edit("save", "Neu");
    await userEvent.click(screen.getByRole("button", { name: "Edit cancel" }));
    expect(screen.getAllByRole("textbox")).toHaveLength(1);
    expect(screen.getByRole("textbox", { name: "Text for cancel" })).toHaveValue("Abbrechen");
    expect(box()).toHaveFocus();
    expect(text("save")).toBe("Sichern");
  });

  it("abandons on escape and without a change", async () => {
    render(<TranslationTable locale="de" />);
    await edit("save", "Neu{Escape}");
    expect(box()).not.toBeInTheDocument();
    expect(text("save")).toBe("Sichern");
    await edit("save", " Sichern {Enter}");
    expect(box()).not.toBeInTheDocument();
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("stores the trimmed text at once", async () => {
    let answer: (response: Response) => void = () => undefined;
    fetchMock.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    render(<TranslationTable locale="de" />);
    await edit("save", " Speichern {Enter}");
    expect(text("save")).toBe("Speichern");
    const [url, init] = fetchMock.mock.calls[1];
    expect([url, init.method, init.body]).toEqual(["/api/translations/de/save", "PUT", "Speichern"]);
    expect(row("save")).toHaveAttribute("aria-busy", "true");
    expect(screen.getByRole("button", { name: "Edit save" })).toBeDisabled();
    expect(screen.getByRole("button", { name: "Edit cancel" })).toBeEnabled();
    answer(new Response(null, { status: 204 }));
    await vi.waitFor(() => expect(screen.getByRole("button", { name: "Edit save" })).toBeEnabled());
    expect(row("save")).not.toHaveAttribute("aria-busy", "true");
    expect(text("save")).toBe("Speichern");
  });

  it("returns to the former text when saving fails", async () => {
    fetchMock.mockImplementationOnce(refused).mockRejectedValueOnce(new Error("offline"));
    render(<TranslationTable locale="de" />);
    await edit("save", "Neu{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("Could not save save");
    expect(text("save")).toBe("Sichern");
    await edit("cancel", "Weg{Enter}");
    expect(await screen.findByText("Could not save cancel")).toHaveAttribute("role", "alert");
    expect(text("cancel")).toBe("Abbrechen");
    expect(screen.getByRole("button", { name: "Edit cancel" })).toBeEnabled();
  });

  it("drops the alert when the next storing begins", async () => {
    fetchMock.mockImplementationOnce(refused).mockReturnValueOnce(new Promise(() => undefined));
    render(<TranslationTable locale="de" />);
    await edit("save", "Neu{Enter}");
    await screen.findByRole("alert");
    await edit("help", "Hilfe");
    expect(screen.getByRole("alert")).toBeInTheDocument();
    await userEvent.keyboard("{Enter}");
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(text("help")).toBe("Hilfe");
  });

  it("says that the texts are missing", async () => {
    fetchMock.mockReset();
    fetchMock.mockImplementationOnce(refused);
    const { unmount } = render(<TranslationTable locale="fr" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Texts missing");
    unmount();
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    render(<TranslationTable locale="it" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Texts missing");
    expect(screen.queryByRole("table")).not.toBeInTheDocument();
  });
});
