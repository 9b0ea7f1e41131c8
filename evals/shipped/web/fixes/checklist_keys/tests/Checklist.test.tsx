import "@testing-library/jest-dom/vitest";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Checklist from "../src/Checklist";

afterEach(() => {
  cleanup();
});

const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const remarkOn = (name: string) => screen.getByLabelText(`Remark on ${name}`);
const write = (name: string, value: string) => fireEvent.change(remarkOn(name), { target: { value } });
const names = () => screen.getAllByRole("listitem").map((item) => item.firstChild?.textContent);

describe("Checklist", () => {
  beforeEach(() => {
    render(<Checklist names={["Socks", "Map", "Lamp"]} />);
  });

  it("lists the things it was given", () => {
    expect(names()).toEqual(["Socks", "Map", "Lamp"]);
    write("Map", "1:25000");
    expect(remarkOn("Map")).toHaveValue("1:25000");
    expect(remarkOn("Lamp")).toHaveValue("");
  });

  it("adds and removes things", () => {
    press("Add umbrella");
    press("Remove Map");
    expect(names()).toEqual(["Socks", "Lamp", "Umbrella"]);
  });

  it("keeps a remark with its thing after a deletion", () => {
    write("Socks", "wool");
    write("Map", "1:25000");
    press("Remove Socks");
    expect(remarkOn("Map")).toHaveValue("1:25000");
    expect(remarkOn("Lamp")).toHaveValue("");
  });

  it("keeps a remark with its thing when sorted", () => {
    write("Socks", "wool");
    press("Sort");
    expect(names()).toEqual(["Lamp", "Map", "Socks"]);
    expect(remarkOn("Socks")).toHaveValue("wool");
    expect(remarkOn("Lamp")).toHaveValue("");
  });

  it("never gives an id twice", () => {
    press("Remove Socks");
    press("Add umbrella");
    press("Add towel");
    write("Umbrella", "red");
    press("Remove Umbrella");
    expect(names()).toEqual(["Map", "Lamp", "Towel"]);
    press("Add umbrella");
    press("Remove Lamp");
    expect(names()).toEqual(["Map", "Towel", "Umbrella"]);
    expect(remarkOn("Umbrella")).toHaveValue("");
  });
});
