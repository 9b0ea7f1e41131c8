import "@testing-library/jest-dom/vitest";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import Stopwatch from "../src/Stopwatch";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const wait = (seconds: number) => act(() => vi.advanceTimersByTime(seconds * 1000));
const elapsed = () => screen.getByLabelText("Elapsed").textContent;

describe("Stopwatch", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    render(<Stopwatch />);
  });

  it("stands still until it is started", () => {
    wait(5);
    expect(elapsed()).toBe("0:00");
  });

  it("counts the first second", () => {
    press("Start");
    wait(0.999);
    expect(elapsed()).toBe("0:00");
    wait(0.001);
    expect(elapsed()).toBe("0:01");
  });

  it("counts beyond a minute", () => {
    press("Start");
    wait(59);
    expect(elapsed()).toBe("0:59");
    wait(16);
    expect(elapsed()).toBe("1:15");
  });

  it("holds while paused and goes on from there", () => {
    press("Start");
    wait(3);
    press("Pause");
    wait(10);
    expect(elapsed()).toBe("0:03");
    press("Start");
    wait(2);
    expect(elapsed()).toBe("0:05");
  });

  it("runs on from zero after a reset", () => {
    press("Start");
    wait(4);
    press("Reset");
    expect(elapsed()).toBe("0:00");
    wait(3);
    expect(elapsed()).toBe("0:03");
    expect(screen.getByRole("button", { name: "Pause" })).toBeInTheDocument();
  });

  it("keeps no timer after it is unmounted", () => {
    press("Start");
    wait(1);
    cleanup();
    expect(vi.getTimerCount()).toBe(0);
  });
});
