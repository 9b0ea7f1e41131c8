import "@testing-library/jest-dom/vitest";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { exported } from "../src/contacts";
import { cell } from "../src/csv";
import { ExportButton } from "../src/ExportButton";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const day = (text: string) => new Date(`${text}T00:00:00Z`);

describe("export of contacts", () => {
  it("separates records by CRLF", () => {
    const contacts = [
      { name: "Ann", born: day("1990-12-01"), note: "" },
      { name: "Bo", born: null, note: "plain" },
    ];
    expect(exported(contacts)).toBe("name,born,note\r\nAnn,1990-12-01,\r\nBo,,plain");
  });

  it("quotes cells that need it", () => {
    expect(cell("Lee, Ann")).toBe('"Lee, Ann"');
    expect(cell('says "hi"')).toBe('"says ""hi"""');
    expect(cell("one\ntwo")).toBe('"one\ntwo"');
    expect(cell("one\rtwo")).toBe('"one\rtwo"');
  });

  it("leaves other cells bare", () => {
    expect(cell("O'Neil; x")).toBe("O'Neil; x");
    expect(cell("")).toBe("");
    expect(cell(null)).toBe("");
  });

  it("takes dates in UTC", () => {
    vi.spyOn(Date.prototype, "getDate").mockReturnValue(28);
    vi.spyOn(Date.prototype, "getMonth").mockReturnValue(1);
    expect(cell(day("2001-03-01"))).toBe("2001-03-01");
  });

  it("disarms formulas", () => {
    expect(["=1+1", "+49 1", "-3", "@x"].map(cell)).toEqual(["'=1+1", "'+49 1", "'-3", "'@x"]);
    expect(cell('=A1,"x"')).toBe('"\'=A1,""x"""');
    expect(cell("a=b")).toBe("a=b");
  });

  it("saves the text and tells the count", () => {
    const save = vi.fn();
    render(<ExportButton contacts={[{ name: "Ann", born: null, note: "x" }]} save={save} />);
    fireEvent.click(screen.getByRole("button", { name: "Export" }));
    expect(save).toHaveBeenCalledTimes(1);
    expect(screen.getByRole("status")).toHaveTextContent("1 exported");
  });

  it("has nothing to export without contacts", () => {
    render(<ExportButton contacts={[]} save={vi.fn()} />);
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Export" })).toBeDisabled();
  });
});
