import "@testing-library/jest-dom/vitest";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { Archive } from "../src/Archive";
import { pageOf } from "../src/paging";

afterEach(() => {
  cleanup();
});

const titles = (count: number) => Array.from({ length: count }, (_, index) => `Article ${index + 1}`);
const shown = () => screen.queryAllByRole("listitem").map((item) => item.textContent);
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

describe("Archive", () => {
  it("shows the first page", () => {
    render(<Archive titles={titles(13)} />);
    expect(shown()).toEqual(["Article 1", "Article 2", "Article 3", "Article 4", "Article 5", "Article 6"]);
    expect(screen.getByText("Page 1 of 3")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Newer" })).toBeDisabled();
  });

  it("repeats nothing on the next page", () => {
    render(<Archive titles={titles(13)} />);
    press("Older");
    expect(shown()).toEqual(["Article 7", "Article 8", "Article 9", "Article 10", "Article 11", "Article 12"]);
    press("Older");
    expect(shown()).toEqual(["Article 13"]);
    expect(screen.getByRole("button", { name: "Older" })).toBeDisabled();
  });

  it("ends after the last full page", () => {
    render(<Archive titles={titles(12)} />);
    press("Older");
    expect(screen.getByText("Page 2 of 2")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Older" })).toBeDisabled();
  });

  it("has one page for an empty archive", () => {
    render(<Archive titles={[]} />);
    expect(screen.getByText("Page 1 of 1")).toBeInTheDocument();
    expect(shown()).toEqual([]);
  });

  it("goes back to newer articles", () => {
    render(<Archive titles={titles(4)} size={3} />);
    press("Older");
    press("Newer");
    expect(shown()).toEqual(["Article 1", "Article 2", "Article 3"]);
  });

  it("keeps page numbers within their limits", () => {
    expect(pageOf([1, 2, 3], 99, 2)).toEqual({ items: [3], number: 2, last: 2 });
    expect(pageOf([1, 2, 3], -4, 2)).toEqual({ items: [1, 2], number: 1, last: 2 });
  });
});
