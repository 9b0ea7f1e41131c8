import "@testing-library/jest-dom/vitest";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProductPage } from "../src/ProductPage";

type Answer = (response: Response) => void;
let pending: { url: string; answer: Answer }[] = [];

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const select = (id: string) => fireEvent.click(screen.getByRole("button", { name: id }));
async function reply(index: number, name: string, status = 200): Promise<void> {
  await act(async () => {
    pending[index].answer(Response.json({ name, price: `price of ${name}` }, { status }));
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
}

describe("ProductPage", () => {
  beforeEach(() => {
    pending = [];
    vi.stubGlobal("fetch", (url: string) => new Promise<Response>((answer) => pending.push({ url, answer })));
    render(<ProductPage ids={["cup", "jug"]} />);
  });

  it("shows the first product", async () => {
    expect(screen.getByRole("status")).toHaveTextContent("Loading product");
    await reply(0, "Cup");
    expect(screen.getByRole("heading")).toHaveTextContent("Cup");
    expect(screen.getByText("price of Cup")).toBeInTheDocument();
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
  });

  it("ignores the slow answer of a product that was left", async () => {
    select("jug");
    await reply(1, "Jug");
    await reply(0, "Cup");
    expect(screen.getByRole("heading")).toHaveTextContent("Jug");
    expect(screen.queryByText("price of Cup")).not.toBeInTheDocument();
  });

  it("ignores the late error of a product that was left", async () => {
    select("jug");
    await reply(0, "Cup", 500);
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(screen.getByRole("status")).toBeInTheDocument();
    await reply(1, "Jug");
    expect(screen.getByRole("heading")).toHaveTextContent("Jug");
  });

  it("shows nothing old while the next one loads", async () => {
    await reply(0, "Cup");
    select("jug");
    expect(screen.queryByText("price of Cup")).not.toBeInTheDocument();
    expect(screen.getByRole("status")).toHaveTextContent("Loading product");
  });

  it("recovers from an error with the next product", async () => {
    await reply(0, "Cup", 404);
    expect(screen.getByRole("alert")).toHaveTextContent("Product unavailable");
    select("jug");
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    await reply(1, "Jug");
    expect(screen.getByRole("heading")).toHaveTextContent("Jug");
  });

  it("asks again for a product that was shown earlier", async () => {
    await reply(0, "Cup");
    select("jug");
    await reply(1, "Jug");
    select("cup");
    await reply(2, "New cup");
    expect(pending.map((request) => request.url)).toEqual(["/api/products/cup", "/api/products/jug", "/api/products/cup"]);
    expect(screen.getByRole("heading")).toHaveTextContent("New cup");
  });
});
