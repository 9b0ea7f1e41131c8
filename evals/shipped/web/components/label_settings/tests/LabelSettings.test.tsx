import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import LabelSettings from "../components/LabelSettings";

configure({ asyncUtilTimeout: 3000 });

const LABELS = [
  { name: "bug", used: true },
  { name: "docs", used: false },
  { name: "help", used: true },
];
const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementationOnce(async () => Response.json(LABELS));
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const box = (name: string) => screen.getByRole("checkbox", { name });
const button = (name: string) => screen.getByRole("button", { name });
async function open(): Promise<void> {
  render(<LabelSettings />);
  await screen.findByRole("checkbox", { name: "bug" });
}

describe("LabelSettings", () => {
  it("shows the labels of the server", async () => {
    render(<LabelSettings />);
    expect(screen.getByRole("status")).toHaveTextContent("Loading labels");
    expect(await screen.findByRole("checkbox", { name: "bug" })).toBeChecked();
    expect(box("docs")).not.toBeChecked();
    expect(screen.getByText("2 of 3 in use")).toBeInTheDocument();
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/labels"]);
  });

  it("enables the buttons only for changes", async () => {
    await open();
    expect(button("Save")).toBeDisabled();
    await userEvent.click(box("docs"));
    expect(screen.getByText("3 of 3 in use")).toBeInTheDocument();
    expect(button("Save")).toBeEnabled();
    expect(button("Reset")).toBeEnabled();
    await userEvent.click(box("docs"));
    expect(button("Save")).toBeDisabled();
    expect(button("Reset")).toBeDisabled();
  });

  it("resets to the server's state", async () => {
    await open();
    await userEvent.click(box("bug"));
    await userEvent.click(box("docs"));
    await userEvent.click(button("Reset"));
    expect(box("bug")).toBeChecked();
    expect(box("docs")).not.toBeChecked();
    expect(button("Save")).toBeDisabled();
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("saves the used names and knows them from then on", async () => {
    fetchMock.mockImplementationOnce(async () => new Response(null, { status: 204 }));
    await open();
    await userEvent.click(box("docs"));
    await userEvent.click(box("help"));
    await userEvent.click(button("Save"));
    expect(await screen.findByText("Labels saved")).toHaveAttribute("role", "status");
    const [url, init] = fetchMock.mock.calls[1];
    expect([url, init.method, JSON.parse(init.body)]).toEqual(["/api/labels", "PUT", ["bug", "docs"]]);
    expect(button("Save")).toBeDisabled();
    await userEvent.click(box("help"));
    expect(screen.queryByText("Labels saved")).not.toBeInTheDocument();
    await userEvent.click(button("Reset"));
    expect(box("help")).not.toBeChecked();
  });

  it("locks everything while it saves", async () => {
    fetchMock.mockReturnValueOnce(new Promise(() => undefined));
    await open();
    await userEvent.click(box("docs"));
    await userEvent.click(button("Save"));
    expect(button("Saving…")).toBeDisabled();
    expect(button("Reset")).toBeDisabled();
    expect(box("bug")).toBeDisabled();
    expect(fetchMock).toHaveBeenCalledTimes(2);
  });

  it("keeps the ticks when saving fails", async () => {
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 500 }));
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    fetchMock.mockReturnValueOnce(new Promise(() => undefined));
    await open();
    await userEvent.click(box("docs"));
    await userEvent.click(button("Save"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Labels not saved");
    expect(box("docs")).toBeChecked();
    await userEvent.click(button("Save"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Labels not saved");
    await userEvent.click(button("Save"));
    expect(button("Saving…")).toBeDisabled();
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("says that the labels could not be loaded", async () => {
    fetchMock.mockReset();
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 500 }));
    const { unmount } = render(<LabelSettings />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Labels could not be loaded");
    unmount();
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    render(<LabelSettings />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Labels could not be loaded");
    expect(screen.queryByRole("checkbox")).not.toBeInTheDocument();
  });
});
