import "@testing-library/jest-dom/vitest";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import TodoList from "../components/TodoList";

afterEach(cleanup);

describe("TodoList", () => {
  it("lists what is to do", () => {
    render(<TodoList items={["tea", "cup"]} />);
    expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual(["tea", "cup"]);
  });

  it("says that nothing is to do", () => {
    render(<TodoList items={[]} />);
    expect(screen.getByText("Nothing to do.")).toBeInTheDocument();
    expect(screen.queryByRole("list")).not.toBeInTheDocument();
  });
});
