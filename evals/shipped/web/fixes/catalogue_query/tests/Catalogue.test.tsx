import "@testing-library/jest-dom/vitest";
import { cleanup, configure, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Catalogue } from "../src/Catalogue";
import { type Filter, fromQuery, toQuery } from "../src/query";

configure({ asyncUtilTimeout: 3000 });

const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementation(async (url: string) => {
    const asked = new URL(url, "http://localhost").searchParams;
    return Response.json([`${asked.get("q")} in ${asked.getAll("tag").join("|")}`]);
  });
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const there = (filter: Filter) => fromQuery(toQuery(filter));

describe("catalogue", () => {
  it("searches for plain text", async () => {
    render(<Catalogue query="?q=salt" />);
    expect(screen.getByLabelText("Search")).toHaveValue("salt");
    expect(await screen.findByText("salt in")).toBeInTheDocument();
  });

  it("searches for text with an ampersand", async () => {
    render(<Catalogue query="" />);
    fireEvent.change(screen.getByLabelText("Search"), { target: { value: "salt & pepper = 50%" } });
    expect(await screen.findByText("salt & pepper = 50% in")).toBeInTheDocument();
  });

  it("opens the link that it gives out", async () => {
    const { unmount } = render(<Catalogue query="" />);
    fireEvent.change(screen.getByLabelText("Search"), { target: { value: "C++ & 100%" } });
    const link = screen.getByRole("link").getAttribute("href") ?? "";
    unmount();
    render(<Catalogue query={link.slice(link.indexOf("?"))} />);
    expect(screen.getByLabelText("Search")).toHaveValue("C++ & 100%");
  });

  it("brings every filter back", () => {
    const filters = [
      { text: "a=b&c", tags: ["x,y", "z"] },
      { text: "50%", tags: ["#1", "ä ö"] },
      { text: "C++", tags: ["C++"] },
      { text: "?q=1", tags: [] },
    ];
    expect(filters.map(there)).toEqual(filters);
  });

  it("leaves empty parts out", () => {
    expect(toQuery({ text: "", tags: [] })).toBe("");
    expect(toQuery({ text: "tea", tags: [] })).toBe("q=tea");
    expect(fromQuery("")).toEqual({ text: "", tags: [] });
  });

  it("repeats the parameter for every tag", () => {
    expect(toQuery({ text: "t", tags: ["b", "a"] })).toBe("q=t&tag=b&tag=a");
    expect(fromQuery("?tag=b&q=t&tag=a")).toEqual({ text: "t", tags: ["b", "a"] });
  });
});
