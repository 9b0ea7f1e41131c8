import "@testing-library/jest-dom/vitest";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { ranked } from "../src/ranking";
import ScoreSheet from "../src/ScoreSheet";

afterEach(() => {
  cleanup();
});

const members = () => [
  { name: "Cid", points: "20" },
  { name: "ann", points: "100" },
  { name: "Bob", points: "9" },
  { name: "Dee", points: "" },
];
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const sheet = () => screen.getAllByRole("listitem").map((item) => item.textContent);

describe("ScoreSheet", () => {
  it("starts in the order that it was given", () => {
    render(<ScoreSheet members={members()} />);
    expect(sheet()).toEqual(["Cid: 20", "ann: 100", "Bob: 9", "Dee: 0"]);
    expect(screen.getByRole("button", { name: "Original order" })).toHaveAttribute("aria-pressed", "true");
  });

  it("compares points as numbers", () => {
    render(<ScoreSheet members={members()} />);
    press("By points");
    expect(sheet()).toEqual(["ann: 100", "Cid: 20", "Bob: 9", "Dee: 0"]);
    expect(screen.getByRole("button", { name: "By points" })).toHaveAttribute("aria-pressed", "true");
  });

  it("ignores case in names", () => {
    render(<ScoreSheet members={members()} />);
    press("By name");
    expect(sheet()).toEqual(["ann: 100", "Bob: 9", "Cid: 20", "Dee: 0"]);
  });

  it("goes back to the original order", () => {
    render(<ScoreSheet members={members()} />);
    press("By points");
    press("Original order");
    expect(sheet()).toEqual(["Cid: 20", "ann: 100", "Bob: 9", "Dee: 0"]);
  });

  it("puts equal points in order of names", () => {
    const equal = [
      { name: "Zoe", points: "5" },
      { name: "bob", points: "05" },
      { name: "Abe", points: "5.0" },
      { name: "top", points: "10" },
    ];
    expect(ranked(equal, "points").map((member) => member.name)).toEqual(["top", "Abe", "bob", "Zoe"]);
  });

  it("leaves the caller's array alone", () => {
    const frozen = Object.freeze(members()) as ReturnType<typeof members>;
    expect(ranked(frozen, "points")[0].name).toBe("ann");
    expect(ranked(frozen, "name")[0].name).toBe("ann");
    expect(frozen[0].name).toBe("Cid");
  });
});
