import "@testing-library/jest-dom/vitest";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import PriceTag from "../components/PriceTag";

afterEach(cleanup);

describe("PriceTag", () => {
  it("shows euros", () => {
    render(<PriceTag cents={350} />);
    expect(screen.getByText("3.50 €")).toBeInTheDocument();
  });

  it("shows whole euros with their cents", () => {
    render(<PriceTag cents={1200} />);
    expect(screen.getByText("12.00 €")).toBeInTheDocument();
  });
});
