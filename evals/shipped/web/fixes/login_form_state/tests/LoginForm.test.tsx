import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LoginForm } from "../src/LoginForm";

configure({ asyncUtilTimeout: 3000 });

afterEach(() => {
  cleanup();
});

const email = () => screen.getByLabelText("E-mail");
const password = () => screen.getByLabelText("Password");
const button = () => screen.getByRole("button", { name: "Sign in" });

async function fill(): Promise<void> {
  await userEvent.type(email(), "ada@example.org");
  await userEvent.type(password(), "secret");
}

describe("LoginForm", () => {
  it("starts with empty fields and a disabled button", () => {
    render(<LoginForm onLogin={vi.fn()} />);
    expect(email()).toHaveValue("");
    expect(password()).toHaveValue("");
    expect(button()).toBeDisabled();
  });

  it("shows the e-mail that is typed", async () => {
    render(<LoginForm onLogin={vi.fn()} />);
    await userEvent.type(email(), "ada@example.org");
    expect(email()).toHaveValue("ada@example.org");
    expect(button()).toBeDisabled();
  });

  it("keeps the password out of the e-mail", async () => {
    render(<LoginForm onLogin={vi.fn()} />);
    await fill();
    expect(email()).toHaveValue("ada@example.org");
    expect(password()).toHaveValue("secret");
    expect(button()).toBeEnabled();
  });

  it("hands over both fields", async () => {
    const onLogin = vi.fn(async () => true);
    render(<LoginForm onLogin={onLogin} />);
    await fill();
    await userEvent.click(button());
    expect(onLogin.mock.calls).toEqual([[{ email: "ada@example.org", password: "secret" }]]);
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("empties only the password after a refusal", async () => {
    render(<LoginForm onLogin={async () => false} />);
    await fill();
    await userEvent.click(button());
    expect(await screen.findByRole("alert")).toHaveTextContent("Wrong e-mail or password");
    expect(email()).toHaveValue("ada@example.org");
    expect(password()).toHaveValue("");
  });
});
