import "@testing-library/jest-dom/vitest";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stats } from "../src/events";
import { Programme } from "../src/Programme";

const EVENTS = [
  { id: 1, title: "Keynote", track: "Main", startsAt: 10 },
  { id: 2, title: "Tokenisers", track: "Data", startsAt: 20 },
  { id: 3, title: "Key caches", track: "Serving", startsAt: 30 },
];

let view: ReturnType<typeof render>;

afterEach(() => {
  cleanup();
});

const titles = () => screen.queryAllByRole("listitem").map((item) => item.textContent);
const search = (value: string) => fireEvent.change(screen.getByLabelText("Search"), { target: { value } });
const track = (value: string) => fireEvent.change(screen.getByLabelText("Track"), { target: { value } });
const hidePast = () => fireEvent.click(screen.getByLabelText("Hide past"));

describe("Programme", () => {
  beforeEach(() => {
    stats.computed = 0;
    view = render(<Programme events={EVENTS} now={20} />);
  });

  it("searches in titles", () => {
    search("key");
    expect(titles()).toEqual(["Keynote", "Key caches"]);
  });

  it("follows the track at once", () => {
    track("Data");
    expect(titles()).toEqual(["Tokenisers"]);
    track("");
    expect(titles()).toEqual(["Keynote", "Tokenisers", "Key caches"]);
  });

  it("hides the past at once", () => {
    hidePast();
    expect(titles()).toEqual(["Tokenisers", "Key caches"]);
    hidePast();
    expect(titles()).toHaveLength(3);
  });

  it("follows the clock", () => {
    hidePast();
    view.rerender(<Programme events={EVENTS} now={21} />);
    expect(titles()).toEqual(["Key caches"]);
  });

  it("follows new events", () => {
    view.rerender(<Programme events={EVENTS.slice(1)} now={20} />);
    expect(titles()).toEqual(["Tokenisers", "Key caches"]);
  });

  it("does not compute for the colour scheme", () => {
    const before = stats.computed;
    fireEvent.click(screen.getByRole("button", { name: "Dark scheme" }));
    expect(screen.getByTestId("programme")).toHaveClass("dark");
    expect(screen.getByRole("button", { name: "Light scheme" })).toBeInTheDocument();
    expect(stats.computed).toBe(before);
  });
});
