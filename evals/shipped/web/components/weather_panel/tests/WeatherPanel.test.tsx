import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WeatherPanel } from "../components/WeatherPanel";

configure({ asyncUtilTimeout: 3000 });

const fetchMock = vi.fn();
const reading = (celsius: number) => async () => Response.json({ celsius, summary: "Clear sky" });

beforeEach(() => {
  fetchMock.mockReset();
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("WeatherPanel", () => {
  it("loads the reading of its station", async () => {
    fetchMock.mockImplementation(reading(20.6));
    render(<WeatherPanel station="kiel" />);
    expect(screen.getByRole("status")).toHaveTextContent("Reading sensors…");
    expect(await screen.findByTestId("temperature")).toHaveTextContent(/^21 °C$/);
    expect(screen.getByText("Clear sky")).toBeInTheDocument();
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(screen.queryByRole("note")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/weather/kiel"]);
  });

  it("toggles the unit without the server", async () => {
    fetchMock.mockImplementation(reading(20.6));
    render(<WeatherPanel station="kiel" />);
    await userEvent.click(await screen.findByRole("button", { name: "Show °F" }));
    expect(screen.getByTestId("temperature")).toHaveTextContent(/^69 °F$/);
    await userEvent.click(screen.getByRole("button", { name: "Show °C" }));
    expect(screen.getByTestId("temperature")).toHaveTextContent(/^21 °C$/);
    expect(screen.getByRole("button")).toHaveTextContent("Show °F");
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("never shows a negative zero", async () => {
    fetchMock.mockImplementation(reading(-0.4));
    render(<WeatherPanel station="kiel" />);
    expect(await screen.findByTestId("temperature")).toHaveTextContent(/^0 °C$/);
  });

  it("warns of heat from thirty on", async () => {
    fetchMock.mockImplementationOnce(reading(29.9));
    const { unmount } = render(<WeatherPanel station="a" />);
    expect(await screen.findByTestId("temperature")).toHaveTextContent("30 °C");
    expect(screen.queryByRole("note")).not.toBeInTheDocument();
    unmount();
    fetchMock.mockImplementationOnce(reading(30));
    render(<WeatherPanel station="b" />);
    expect(await screen.findByRole("note")).toHaveTextContent("Heat warning");
  });

  it("starts over on request after an error status", async () => {
    let answer: (response: Response) => void = () => undefined;
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 502 }));
    fetchMock.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    render(<WeatherPanel station="kiel" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("No reading");
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(screen.getByRole("status")).toBeInTheDocument();
    answer(Response.json({ celsius: 5, summary: "Rain" }));
    expect(await screen.findByTestId("temperature")).toHaveTextContent("5 °C");
    expect(fetchMock).toHaveBeenCalledTimes(2);
  });

  it("takes a rejection for a failure", async () => {
    fetchMock.mockRejectedValue(new Error("offline"));
    render(<WeatherPanel station="kiel" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("No reading");
    expect(screen.queryByTestId("temperature")).not.toBeInTheDocument();
  });
});
