import "@testing-library/jest-dom/vitest";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import Counter from "../components/Counter";

afterEach(cleanup);

describe("Counter", () => {
  it("starts at zero", () => {
    render(<Counter />);
    expect(screen.getByRole("button")).toHaveTextContent("clicked 0");
  });

  it("counts clicks", () => {
    render(<Counter />);
    fireEvent.click(screen.getByRole("button"));
    fireEvent.click(screen.getByRole("button"));
    expect(screen.getByRole("button")).toHaveTextContent("clicked 2");
  });
});
