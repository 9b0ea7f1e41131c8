import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import CommentThread from "../components/CommentThread";

configure({ asyncUtilTimeout: 3000 });

const THREAD = [
  { id: 1, parent: null, author: "Ida", text: "First" },
  { id: 2, parent: 1, author: "Ben", text: "Reply" },
  { id: 3, parent: null, author: "Cy", text: "Second" },
  { id: 4, parent: 2, author: "Ida", text: "Deep" },
];
const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementationOnce(async () => Response.json(THREAD));
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function write(text: string): Promise<void> {
  await userEvent.type(await screen.findByRole("textbox", { name: "Your comment" }), text);
  await userEvent.click(screen.getByRole("button", { name: "Post" }));
}
const itemOf = (text: string) => screen.getByText(text).closest("li") as HTMLElement;

describe("CommentThread", () => {
  it("nests replies under their parents", async () => {
    render(<CommentThread articleId="a1" />);
    expect(screen.getByRole("status")).toHaveTextContent("Loading comments");
    expect(await screen.findByRole("heading", { level: 3 })).toHaveTextContent(/^4 comments$/);
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(within(itemOf("Ida: First")).getAllByRole("listitem")).toHaveLength(2);
    expect(within(itemOf("Ben: Reply")).getByText("Ida: Deep")).toBeInTheDocument();
    expect(within(itemOf("Cy: Second")).queryByRole("list")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/articles/a1/comments"]);
  });

  it("enables the button for text only", async () => {
    render(<CommentThread articleId="a1" />);
    const box = await screen.findByRole("textbox", { name: "Your comment" });
    expect(screen.getByRole("button", { name: "Post" })).toBeDisabled();
    await userEvent.type(box, "   ");
    expect(screen.getByRole("button", { name: "Post" })).toBeDisabled();
    await userEvent.type(box, "x");
    expect(screen.getByRole("button", { name: "Post" })).toBeEnabled();
  });

  it("posts and appends the stored comment", async () => {
    fetchMock.mockImplementationOnce(async () => Response.json({ id: 5, parent: null, author: "Me", text: "Hi all" }, { status: 201 }));
    render(<CommentThread articleId="a1" />);
    await write("  Hi all ");
    await screen.findByText("Me: Hi all");
    const [url, init] = fetchMock.mock.calls[1];
    expect([url, init.method, JSON.parse(init.body)]).toEqual(["/api/articles/a1/comments", "POST", { text: "Hi all" }]);
    expect(new Headers(init.headers).get("content-type")).toBe("application/json");
    const last = screen.getAllByRole("listitem").at(-1);
    expect(last).toHaveTextContent("Me: Hi all");
    expect(screen.getByRole("heading", { level: 3 })).toHaveTextContent("5 comments");
    expect(screen.getByRole("textbox")).toHaveValue("");
  });

  it("blocks the button while the post is on its way", async () => {
    fetchMock.mockReturnValueOnce(new Promise(() => undefined));
    render(<CommentThread articleId="a1" />);
    await write("Hi");
    expect(screen.getByRole("button", { name: "Post" })).toBeDisabled();
    expect(fetchMock).toHaveBeenCalledTimes(2);
  });

  it("keeps the text when the comment is not saved", async () => {
    fetchMock.mockImplementationOnce(async () => Response.json({}, { status: 422 }));
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    fetchMock.mockImplementationOnce(async () => Response.json({ id: 5, parent: null, author: "Me", text: "Hi" }, { status: 201 }));
    render(<CommentThread articleId="a1" />);
    await write("Hi");
    expect(await screen.findByRole("alert")).toHaveTextContent("Your comment was not saved");
    expect(screen.getByRole("textbox")).toHaveValue("Hi");
    await userEvent.click(screen.getByRole("button", { name: "Post" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Your comment was not saved");
    await userEvent.click(screen.getByRole("button", { name: "Post" }));
    await screen.findByText("Me: Hi");
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("closes when the comments cannot be had", async () => {
    fetchMock.mockReset();
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 403 }));
    const { unmount } = render(<CommentThread articleId="a2" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Comments are closed");
    unmount();
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    render(<CommentThread articleId="a3" />);
    expect(await screen.findByRole("alert")).toHaveTextContent("Comments are closed");
    expect(screen.queryByRole("textbox")).not.toBeInTheDocument();
  });

  it("counts a single comment in the singular", async () => {
    fetchMock.mockReset();
    fetchMock.mockImplementationOnce(async () => Response.json(THREAD.slice(0, 1)));
    render(<CommentThread articleId="a1" />);
    expect(await screen.findByRole("heading", { level: 3 })).toHaveTextContent(/^1 comment$/);
  });
});
