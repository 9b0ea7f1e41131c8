import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import FlightBoard from "../components/FlightBoard";

configure({ asyncUtilTimeout: 3000 });

const DEPARTURES = [
  { number: "GL 2", city: "Oslo", time: "2026-05-01T14:05:00Z", delayMinutes: 25 },
  { number: "GL 1", city: "Rome", time: "2026-05-01T09:30:00Z", delayMinutes: 0 },
  { number: "GL 3", city: "Nice", time: "2026-05-01T13:59:00+02:00", delayMinutes: -3 },
];
const ARRIVALS = [{ number: "GL 9", city: "Lima", time: "2026-05-01T06:00:00Z", delayMinutes: 1 }];
const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementation(async (url: string) => Response.json(url.endsWith("arrivals") ? ARRIVALS : DEPARTURES));
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const tab = (name: string) => screen.getByRole("tab", { name });
const flights = () => screen.getAllByRole("listitem").map((item) => item.textContent);
const urls = () => fetchMock.mock.calls.map((call) => call[0]);

describe("FlightBoard", () => {
  it("begins with the departures in order of time", async () => {
    render(<FlightBoard />);
    expect(screen.getByRole("status")).toHaveTextContent("Waiting for tower");
    await screen.findByText("09:30 GL 1 Rome");
    expect(flights()).toEqual(["09:30 GL 1 Rome", "11:59 GL 3 Nice", "14:05 GL 2 Oslo (+25 min)"]);
    expect(screen.getByRole("tabpanel")).toContainElement(screen.getByRole("list"));
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(urls()).toEqual(["/api/flights?direction=departures"]);
  });

  it("marks the selected tab", async () => {
    render(<FlightBoard />);
    await screen.findByText("09:30 GL 1 Rome");
    expect(tab("Departures")).toHaveAttribute("aria-selected", "true");
    expect(tab("Arrivals")).toHaveAttribute("tabindex", "-1");
    await userEvent.click(tab("Arrivals"));
    expect(tab("Departures")).toHaveAttribute("aria-selected", "false");
    expect(tab("Departures")).toHaveAttribute("tabindex", "-1");
    expect(tab("Arrivals")).toHaveAttribute("aria-selected", "true");
    expect(tab("Arrivals")).toHaveAttribute("tabindex", "0");
  });

  it("keeps what it has received", async () => {
    render(<FlightBoard />);
    await screen.findByText("09:30 GL 1 Rome");
    await userEvent.click(tab("Arrivals"));
    expect(await screen.findByText("06:00 GL 9 Lima (+1 min)")).toBeInTheDocument();
    expect(screen.queryByText("09:30 GL 1 Rome")).not.toBeInTheDocument();
    await userEvent.click(tab("Departures"));
    expect(flights()).toHaveLength(3);
    await userEvent.click(tab("Arrivals"));
    expect(urls()).toEqual(["/api/flights?direction=departures", "/api/flights?direction=arrivals"]);
  });

  it("does not ask twice for flights under way", async () => {
    let answer: (response: Response) => void = () => undefined;
    fetchMock.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    render(<FlightBoard />);
    await userEvent.click(tab("Arrivals"));
    await screen.findByText("06:00 GL 9 Lima (+1 min)");
    await userEvent.click(tab("Departures"));
    expect(screen.getByRole("status")).toBeInTheDocument();
    answer(Response.json([]));
    expect(await screen.findByText("No flights")).toBeInTheDocument();
    expect(urls()).toHaveLength(2);
  });

  it("asks anew after a failure when the tab is selected again", async () => {
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 500 }));
    render(<FlightBoard />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Board out of order");
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    await userEvent.click(tab("Arrivals"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Board out of order");
    await userEvent.click(tab("Departures"));
    await screen.findByText("09:30 GL 1 Rome");
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(urls()).toHaveLength(3);
  });

  it("moves between the tabs by keys", async () => {
    render(<FlightBoard />);
    await screen.findByText("09:30 GL 1 Rome");
    await userEvent.click(tab("Departures"));
    await userEvent.keyboard("{ArrowRight}");
    expect(tab("Arrivals")).toHaveFocus();
    expect(await screen.findByText("06:00 GL 9 Lima (+1 min)")).toBeInTheDocument();
    await userEvent.keyboard("{ArrowLeft}");
    expect(tab("Departures")).toHaveFocus();
    expect(tab("Departures")).toHaveAttribute("aria-selected", "true");
    await userEvent.keyboard("{ArrowDown}");
    expect(tab("Departures")).toHaveAttribute("aria-selected", "true");
  });
});
