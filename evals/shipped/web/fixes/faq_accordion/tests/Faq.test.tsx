import "@testing-library/jest-dom/vitest";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Faq } from "../src/Faq";

const QUESTIONS = ["0", "1", "10", "11", "2", "a", "1a", "x1", "y", "z", "12"].map((id) => ({
  id,
  question: `Question <${id}>`,
  answer: `Answer <${id}>`,
}));

afterEach(() => {
  cleanup();
});

const press = (id: string) => fireEvent.click(screen.getByRole("button", { name: `Question <${id}>` }));
const find = (value: string) => fireEvent.change(screen.getByLabelText("Find"), { target: { value } });
const answers = () => screen.queryAllByText(/^Answer/).map((answer) => answer.textContent);

describe("Faq", () => {
  beforeEach(() => {
    render(<Faq questions={QUESTIONS} />);
  });

  it("starts with every question closed", () => {
    expect(screen.getAllByRole("button", { expanded: false })).toHaveLength(11);
    expect(answers()).toEqual([]);
  });

  it("opens and closes one question", () => {
    press("1");
    expect(answers()).toEqual(["Answer <1>"]);
    expect(screen.getByRole("button", { name: "Question <1>" })).toHaveAttribute("aria-expanded", "true");
    press("1");
    expect(answers()).toEqual([]);
  });

  it("opens only the question that was pressed", () => {
    press("12");
    press("0");
    expect(answers()).toEqual(["Answer <0>", "Answer <12>"]);
    press("0");
    expect(answers()).toEqual(["Answer <12>"]);
  });

  it("remembers open questions while the search changes", () => {
    press("y");
    find("<1");
    expect(answers()).toEqual([]);
    press("1a");
    expect(answers()).toEqual(["Answer <1a>"]);
    find("");
    expect(answers()).toEqual(["Answer <1a>", "Answer <y>"]);
  });

  it("closes hidden questions, too", () => {
    press("2");
    press("y");
    find("<y>");
    fireEvent.click(screen.getByRole("button", { name: "Close all" }));
    expect(answers()).toEqual([]);
    find("");
    expect(answers()).toEqual([]);
  });
});
