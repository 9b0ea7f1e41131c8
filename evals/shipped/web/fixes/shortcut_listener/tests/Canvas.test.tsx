import { cleanup, fireEvent, render, renderHook, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Canvas } from "../src/Canvas";
import { useShortcuts } from "../src/useShortcuts";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const press = (key: string, target: Element | Window = window) => fireEvent.keyDown(target, { key });
const colour = (value: string) => fireEvent.change(screen.getByLabelText("Colour"), { target: { value } });
const strokes = () => screen.queryAllByRole("listitem").map((item) => item.textContent);

describe("shortcuts", () => {
  it("draws one stroke for the first key", () => {
    render(<Canvas />);
    press("n");
    expect(strokes()).toEqual(["black"]);
    press("x");
    expect(strokes()).toHaveLength(1);
  });

  it("undoes one stroke at a time", () => {
    render(<Canvas />);
    press("n");
    press("n");
    press("n");
    expect(strokes()).toHaveLength(3);
    press("z");
    expect(strokes()).toHaveLength(2);
  });

  it("draws in the latest colour", () => {
    render(<Canvas />);
    press("n");
    colour("red");
    press("n");
    expect(strokes()).toEqual(["black", "red"]);
  });

  it("ignores keys within an input", () => {
    render(<Canvas />);
    press("n", screen.getByLabelText("Colour"));
    expect(strokes()).toEqual([]);
  });

  it("leaves no listener behind", () => {
    const handler = vi.fn();
    const { rerender, unmount } = renderHook(({ run }) => useShortcuts({ a: run }), { initialProps: { run: () => handler("old") } });
    rerender({ run: () => handler("new") });
    press("a");
    expect(handler.mock.calls).toEqual([["new"]]);
    unmount();
    press("a");
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it("sees shortcuts that come and go", () => {
    const first = vi.fn();
    const second = vi.fn();
    const { rerender } = renderHook(({ keys }) => useShortcuts(keys), { initialProps: { keys: { a: first } as Record<string, () => void> } });
    rerender({ keys: { b: second } });
    press("a");
    press("b");
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });
});
