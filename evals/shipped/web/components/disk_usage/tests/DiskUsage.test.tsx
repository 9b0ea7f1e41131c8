import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DiskUsage } from "../components/DiskUsage";

configure({ asyncUtilTimeout: 3000 });

const DISKS = [
  { mount: "/", usedGb: 449, totalGb: 500 },
  { mount: "/scratch", usedGb: 450, totalGb: 500 },
  { mount: "/data", usedGb: 1030, totalGb: 1000 },
];
const fetchMock = vi.fn();

beforeEach(() => {
  fetchMock.mockReset();
  fetchMock.mockImplementation(async () => Response.json(DISKS));
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const bars = () => screen.queryAllByRole("progressbar").map((bar) => [bar.getAttribute("aria-label"), bar.getAttribute("aria-valuenow")]);

describe("DiskUsage", () => {
  it("shows a bar for every disk", async () => {
    render(<DiskUsage />);
    expect(screen.getByRole("status")).toHaveTextContent("Checking disks");
    const root = await screen.findByRole("progressbar", { name: "/" });
    expect(root).toHaveAttribute("aria-valuemin", "0");
    expect(root).toHaveAttribute("aria-valuemax", "100");
    expect(bars()).toEqual([["/", "89"], ["/scratch", "90"], ["/data", "100"]]);
    expect(screen.getByText("449 of 500 GB")).toBeInTheDocument();
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/disks"]);
  });

  it("lists the almost full disks alphabetically", async () => {
    render(<DiskUsage />);
    expect(await screen.findByRole("alert")).toHaveTextContent(/^Almost full: \/data, \/scratch$/);
  });

  it("follows its limit without loading again", async () => {
    const { rerender } = render(<DiskUsage limit={100} />);
    expect(await screen.findByRole("alert")).toHaveTextContent(/^Almost full: \/data$/);
    rerender(<DiskUsage limit={89} />);
    expect(screen.getByRole("alert")).toHaveTextContent(/^Almost full: \/, \/data, \/scratch$/);
    rerender(<DiskUsage limit={101} />);
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("hides the disks with room on request", async () => {
    const { rerender } = render(<DiskUsage />);
    await userEvent.click(await screen.findByRole("checkbox", { name: "Only almost full" }));
    expect(bars().map((bar) => bar[0])).toEqual(["/scratch", "/data"]);
    expect(screen.queryByText("All disks have room")).not.toBeInTheDocument();
    rerender(<DiskUsage limit={101} />);
    expect(screen.getByText("All disks have room")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("checkbox", { name: "Only almost full" }));
    expect(bars()).toHaveLength(3);
  });

  it("takes a disk without space for full", async () => {
    fetchMock.mockImplementation(async () => Response.json([{ mount: "/nul", usedGb: 0, totalGb: 0 }]));
    render(<DiskUsage />);
    expect(await screen.findByRole("progressbar")).toHaveAttribute("aria-valuenow", "100");
    expect(screen.getByRole("alert")).toHaveTextContent("Almost full: /nul");
  });

  it("reports a broken request", async () => {
    fetchMock.mockImplementationOnce(async () => new Response("", { status: 500 }));
    const { unmount } = render(<DiskUsage />);
    expect(await screen.findByRole("alert")).toHaveTextContent(/^Disk check failed$/);
    expect(screen.queryByRole("checkbox")).not.toBeInTheDocument();
    unmount();
    fetchMock.mockRejectedValueOnce(new Error("offline"));
    render(<DiskUsage />);
    expect(await screen.findByRole("alert")).toHaveTextContent(/^Disk check failed$/);
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
  });
});
