import "@testing-library/jest-dom/vitest";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import NameField from "../components/NameField";

afterEach(cleanup);

describe("NameField", () => {
  it("greets nobody at first", () => {
    render(<NameField />);
    expect(screen.getByRole("status")).toHaveTextContent("Hello!");
  });

  it("greets by name", () => {
    render(<NameField />);
    fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Ada" } });
    expect(screen.getByRole("status")).toHaveTextContent("Hello, Ada!");
  });
});
