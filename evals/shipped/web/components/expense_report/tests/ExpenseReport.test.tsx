import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import ExpenseReport from "../components/ExpenseReport";

configure({ asyncUtilTimeout: 3000 });

const EXPENSES = [
  { id: 1, category: "Meals", note: "Lunch", cents: 1850 },
  { id: 2, category: "Travel", note: "Train", cents: 123400 },
  { id: 3, category: "Books", note: "Atlas", cents: 2350 },
  { id: 4, category: "Meals", note: "Coffee", cents: 500 },
  { id: 5, category: "Refund", note: "Deposit", cents: -500 },
];
const fetchMock = vi.fn();
const confirmMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementationOnce(async () => Response.json(EXPENSES));
  confirmMock.mockReset();
  confirmMock.mockReturnValue(true);
  vi.stubGlobal("fetch", fetchMock);
  vi.stubGlobal("confirm", confirmMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const press = async (name: RegExp | string) => userEvent.click(await screen.findByRole("button", { name }));
const groups = () => screen.getAllByRole("button", { name: /€/ }).map((button) => button.textContent);

describe("ExpenseReport", () => {
  it("adds up the month by category", async () => {
    render(<ExpenseReport month="2026-04" />);
    expect(screen.getByRole("status")).toHaveTextContent("Adding up…");
    expect(await screen.findByRole("heading", { level: 2 })).toHaveTextContent(/^Total €1,276\.00$/);
    expect(groups()).toEqual(["Travel €1,234.00", "Books €23.50", "Meals €23.50", "Refund -€5.00"]);
    expect(screen.queryByRole("listitem")).not.toBeInTheDocument();
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/expenses?month=2026-04"]);
  });

  it("opens one group at a time", async () => {
    render(<ExpenseReport month="2026-04" />);
    await press(/^Meals/);
    expect(screen.getByRole("button", { name: /^Meals/ })).toHaveAttribute("aria-expanded", "true");
    expect(screen.getByText("Lunch €18.50")).toBeInTheDocument();
    expect(screen.getAllByRole("listitem")).toHaveLength(2);
    await press(/^Refund/);
    expect(screen.getByText("Deposit -€5.00")).toBeInTheDocument();
    expect(screen.queryByText("Lunch €18.50")).not.toBeInTheDocument();
    expect(screen.getByRole("button", { name: /^Meals/ })).toHaveAttribute("aria-expanded", "false");
    await press(/^Refund/);
    expect(screen.queryByRole("listitem")).not.toBeInTheDocument();
  });

  it("deletes an entry and follows with all sums", async () => {
    fetchMock.mockImplementationOnce(async () => new Response(null, { status: 204 }));
    render(<ExpenseReport month="2026-04" />);
    await press(/^Meals/);
    await press("Delete Coffee");
    expect(await screen.findByText("Meals €18.50")).toBeInTheDocument();
    expect(confirmMock.mock.calls).toEqual([["Delete Coffee?"]]);
    expect([fetchMock.mock.calls[1][0], fetchMock.mock.calls[1][1].method]).toEqual(["/api/expenses/4", "DELETE"]);
    expect(screen.getByRole("heading", { level: 2 })).toHaveTextContent("Total €1,271.00");
    expect(screen.queryByText("Coffee €5.00")).not.toBeInTheDocument();
    expect(fetchMock).toHaveBeenCalledTimes(2);
  });

  it("drops a group without entries", async () => {
    fetchMock.mockImplementationOnce(async () => Response.json({}));
    render(<ExpenseReport month="2026-04" />);
    await press(/^Travel/);
    await press("Delete Train");
    expect(await screen.findByText("Total €42.00")).toBeInTheDocument();
    expect(groups()).toEqual(["Books €23.50", "Meals €23.50", "Refund -€5.00"]);
  });

  it("does nothing without agreement", async () => {
    confirmMock.mockReturnValue(false);
    render(<ExpenseReport month="2026-04" />);
    await press(/^Travel/);
    await press("Delete Train");
    expect(screen.getByText("Train €1,234.00")).toBeInTheDocument();
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("leaves all in place when a deletion fails", async () => {
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 409 }));
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    fetchMock.mockReturnValueOnce(new Promise(() => undefined));
    render(<ExpenseReport month="2026-04" />);
    await press(/^Travel/);
    await press("Delete Train");
    expect(await screen.findByRole("alert")).toHaveTextContent("Delete failed");
    expect(screen.getByText("Train €1,234.00")).toBeInTheDocument();
    await press("Delete Train");
    expect(await screen.findByRole("alert")).toHaveTextContent("Delete failed");
    await press("Delete Train");
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("reports refusal and outage", async () => {
    fetchMock.mockReset();
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 401 }));
    const { unmount } = render(<ExpenseReport month="2026-05" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Expenses unavailable");
    unmount();
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    render(<ExpenseReport month="2026-06" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Expenses unavailable");
    expect(screen.queryByRole("heading")).not.toBeInTheDocument();
  });
});
