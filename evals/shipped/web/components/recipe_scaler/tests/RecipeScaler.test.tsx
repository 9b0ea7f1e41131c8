import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RecipeScaler } from "../components/RecipeScaler";

configure({ asyncUtilTimeout: 3000 });

const PANCAKES = {
  title: "Pancakes",
  servings: 4,
  ingredients: [
    { name: "flour", amount: 800, unit: "g" },
    { name: "eggs", amount: 3, unit: "" },
    { name: "milk", amount: 0.5, unit: "l" },
    { name: "salt", amount: null, unit: "" },
  ],
};
const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementation(async () => Response.json(PANCAKES));
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const button = (name: string) => screen.getByRole("button", { name });
const items = () => screen.getAllByRole("listitem").map((item) => item.textContent?.trim());
async function open(): Promise<void> {
  render(<RecipeScaler slug="pancakes" />);
  await screen.findByRole("heading", { level: 1 });
}

describe("RecipeScaler", () => {
  it("shows the recipe as it was written", async () => {
    render(<RecipeScaler slug="pancakes" />);
    expect(screen.getByRole("status")).toHaveTextContent("Preheating…");
    expect(await screen.findByRole("heading", { level: 1 })).toHaveTextContent("Pancakes");
    expect(screen.getByText("Serves 4")).toBeInTheDocument();
    expect(items()).toEqual(["800 g flour", "3 eggs", "0.5 l milk", "salt"]);
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Start over" })).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/recipes/pancakes"]);
  });

  it("scales, rounds and turns to kilograms", async () => {
    await open();
    await userEvent.click(button("More"));
    expect(items()).toEqual(["1 kg flour", "3.75 eggs", "0.63 l milk", "salt"]);
    await userEvent.click(button("More"));
    await userEvent.click(button("More"));
    expect(screen.getByText("Serves 7")).toBeInTheDocument();
    expect(items()).toEqual(["1.4 kg flour", "5.25 eggs", "0.88 l milk", "salt"]);
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("stops at one serving", async () => {
    await open();
    await userEvent.click(button("Fewer"));
    await userEvent.click(button("Fewer"));
    expect(button("Fewer")).toBeEnabled();
    await userEvent.click(button("Fewer"));
    expect(items()).toEqual(["200 g flour", "0.75 eggs", "0.13 l milk", "salt"]);
    expect(button("Fewer")).toBeDisabled();
  });

  it("stops at twenty-four servings", async () => {
    fetchMock.mockImplementation(async () => Response.json({ ...PANCAKES, servings: 23 }));
    await open();
    expect(button("More")).toBeEnabled();
    await userEvent.click(button("More"));
    expect(screen.getByText("Serves 24")).toBeInTheDocument();
    expect(button("More")).toBeDisabled();
  });

  it("keeps crosses while the servings change", async () => {
    await open();
    await userEvent.click(screen.getByRole("checkbox", { name: "3 eggs" }));
    await userEvent.click(button("More"));
    expect(screen.getByRole("checkbox", { name: "3.75 eggs" })).toBeChecked();
    expect(screen.getByRole("checkbox", { name: "salt" })).not.toBeChecked();
    await userEvent.click(screen.getByRole("checkbox", { name: "3.75 eggs" }));
    expect(screen.getByRole("checkbox", { name: "3.75 eggs" })).not.toBeChecked();
  });

  it("starts over", async () => {
    await open();
    await userEvent.click(screen.getByRole("checkbox", { name: "salt" }));
    expect(button("Start over")).toBeInTheDocument();
    await userEvent.click(button("Fewer"));
    await userEvent.click(button("Start over"));
    expect(screen.getByText("Serves 4")).toBeInTheDocument();
    expect(screen.getByRole("checkbox", { name: "salt" })).not.toBeChecked();
    expect(screen.queryByRole("button", { name: "Start over" })).not.toBeInTheDocument();
    await userEvent.click(button("More"));
    expect(button("Start over")).toBeInTheDocument();
  });

  it("keeps nothing for a new slug and reports failure", async () => {
    const { rerender } = render(<RecipeScaler slug="pancakes" />);
    await userEvent.click(await screen.findByRole("button", { name: "More" }));
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    rerender(<RecipeScaler slug="soup" />);
    expect(screen.getByRole("status")).toBeInTheDocument();
    expect(screen.queryByText("Pancakes")).not.toBeInTheDocument();
    expect(await screen.findByRole("alert")).toHaveTextContent("This recipe burned");
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 404 }));
    rerender(<RecipeScaler slug="stew" />);
    expect(screen.getByRole("status")).toBeInTheDocument();
    expect(await screen.findByRole("alert")).toHaveTextContent("This recipe burned");
  });
});
