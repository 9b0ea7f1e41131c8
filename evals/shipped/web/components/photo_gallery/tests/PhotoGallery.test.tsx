import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import PhotoGallery from "../components/PhotoGallery";

configure({ asyncUtilTimeout: 3000 });

const PHOTOS = ["Harbour", "Forest", "Summit"].map((caption, index) => ({
  id: `p${index}`,
  thumb: `/t${index}.jpg`,
  full: `/f${index}.jpg`,
  caption,
}));
const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementation(async () => Response.json(PHOTOS));
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function open(caption: string): Promise<void> {
  render(<PhotoGallery album="trip" />);
  await userEvent.click(await screen.findByRole("button", { name: caption }));
}
const press = (name: string) => userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name }));

describe("PhotoGallery", () => {
  it("lists the thumbnails of the album", async () => {
    render(<PhotoGallery album="trip" />);
    expect(screen.getByRole("status")).toHaveTextContent("Developing photos…");
    const button = await screen.findByRole("button", { name: "Forest" });
    expect(button.querySelector("img")).toHaveAttribute("src", "/t1.jpg");
    expect(button.querySelector("img")).toHaveAttribute("alt", "");
    expect(screen.getAllByRole("button")).toHaveLength(3);
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/albums/trip/photos"]);
  });

  it("opens a picture in the lightbox", async () => {
    await open("Forest");
    const dialog = screen.getByRole("dialog", { name: "Forest" });
    expect(dialog).toHaveAttribute("aria-modal", "true");
    expect(within(dialog).getByAltText("Forest")).toHaveAttribute("src", "/f1.jpg");
    expect(within(dialog).getByText("2 / 3")).toBeInTheDocument();
  });

  it("wraps around at both ends", async () => {
    await open("Summit");
    await press("Next");
    expect(screen.getByRole("dialog", { name: "Harbour" })).toHaveTextContent("1 / 3");
    await press("Previous");
    expect(screen.getByRole("dialog", { name: "Summit" })).toHaveTextContent("3 / 3");
  });

  it("obeys the keys while it is open", async () => {
    await open("Harbour");
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    expect(screen.getByRole("dialog", { name: "Summit" })).toBeInTheDocument();
    await userEvent.keyboard("{ArrowLeft}");
    expect(screen.getByRole("dialog", { name: "Forest" })).toBeInTheDocument();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    await userEvent.keyboard("{ArrowRight}");
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  });

  it("returns the focus to the thumbnail on closing", async () => {
    await open("Harbour");
    await press("Next");
    await press("Close");
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Forest" })).toHaveFocus();
  });

  it("has no neighbours for a single picture", async () => {
    fetchMock.mockImplementation(async () => Response.json(PHOTOS.slice(0, 1)));
    await open("Harbour");
    expect(within(screen.getByRole("dialog")).getAllByRole("button").map((button) => button.textContent)).toEqual(["Close"]);
  });

  it("tells what is wrong with an album", async () => {
    const texts: (string | null)[] = [];
    for (const status of [404, 500]) {
      fetchMock.mockImplementationOnce(async () => new Response("", { status }));
      const { unmount } = render(<PhotoGallery album="lost" />);
      texts.push((await screen.findByRole("alert")).textContent);
      unmount();
    }
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    const { unmount } = render(<PhotoGallery album="lost" />);
    texts.push((await screen.findByRole("alert")).textContent);
    unmount();
    expect(texts).toEqual(["Album not found", "Photos could not be shown", "Photos could not be shown"]);
    fetchMock.mockImplementationOnce(async () => Response.json([]));
    render(<PhotoGallery album="bare" />);
    expect(await screen.findByText("This album is empty")).toBeInTheDocument();
  });
});
