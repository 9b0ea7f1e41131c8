import "@testing-library/jest-dom/vitest";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { QueueMonitor } from "../components/QueueMonitor";

const fetchMock = vi.fn();
const answer = (state: string, progress = 0) => async () => Response.json({ state, progress });
const broken = async () => new Response("", { status: 500 });
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

beforeEach(() => {
  vi.useFakeTimers();
  fetchMock.mockReset();
  vi.stubGlobal("fetch", fetchMock);
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("QueueMonitor", () => {
  it("asks at once and shows the state", async () => {
    fetchMock.mockImplementation(answer("queued"));
    render(<QueueMonitor jobId="j-1" />);
    expect(screen.getByRole("status")).toHaveTextContent("Contacting scheduler");
    await pass(0);
    expect(screen.getByText("Job is queued")).toBeInTheDocument();
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    expect(screen.queryByRole("progressbar")).not.toBeInTheDocument();
    expect(fetchMock.mock.calls.map((call) => call[0])).toEqual(["/api/jobs/j-1"]);
  });

  it("asks again five seconds after an answer", async () => {
    let late: (response: Response) => void = () => undefined;
    fetchMock.mockImplementationOnce(() => new Promise((resolve) => (late = resolve)));
    fetchMock.mockImplementation(answer("running", 0.426));
    render(<QueueMonitor jobId="j-1" />);
    await pass(12000);
    expect(fetchMock).toHaveBeenCalledTimes(1);
    late(Response.json({ state: "queued", progress: 0 }));
    await pass(4999);
    expect(fetchMock).toHaveBeenCalledTimes(1);
    await pass(1);
    expect(fetchMock).toHaveBeenCalledTimes(2);
    expect(screen.getByText("Job is running")).toBeInTheDocument();
    expect(screen.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "43");
  });

  it("stops when the job is done and says so once", async () => {
    const onDone = vi.fn();
    fetchMock.mockImplementationOnce(answer("running", 1));
    fetchMock.mockImplementation(answer("succeeded", 1));
    render(<QueueMonitor jobId="j-1" onDone={onDone} />);
    await pass(4000);
    expect(onDone).not.toHaveBeenCalled();
    await pass(30000);
    expect(onDone.mock.calls).toEqual([["succeeded"]]);
    expect(fetchMock).toHaveBeenCalledTimes(2);
    expect(screen.getByText("Job is succeeded")).toBeInTheDocument();
    expect(screen.queryByRole("progressbar")).not.toBeInTheDocument();
  });

  it("treats a failed job as done", async () => {
    const onDone = vi.fn();
    fetchMock.mockImplementation(answer("failed"));
    render(<QueueMonitor jobId="j-2" onDone={onDone} />);
    await pass(20000);
    expect(onDone.mock.calls).toEqual([["failed"]]);
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });

  it("gives up at the third failure in a row", async () => {
    fetchMock.mockImplementationOnce(broken).mockRejectedValueOnce(new Error("offline")).mockImplementation(broken);
    render(<QueueMonitor jobId="j-1" />);
    await pass(9999);
    expect(screen.getByRole("status")).toHaveTextContent("Contacting scheduler");
    await pass(1);
    expect(screen.getByRole("alert")).toHaveTextContent("Lost contact with the scheduler");
    expect(screen.queryByRole("status")).not.toBeInTheDocument();
    await pass(20000);
    expect(fetchMock).toHaveBeenCalledTimes(3);
  });

  it("forgets failures after a good answer", async () => {
    fetchMock.mockImplementationOnce(broken).mockImplementationOnce(broken).mockImplementationOnce(answer("running", 0.1));
    fetchMock.mockImplementationOnce(broken).mockImplementationOnce(broken).mockImplementation(answer("running", 0.5));
    render(<QueueMonitor jobId="j-1" />);
    await pass(20000);
    expect(screen.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "10");
    await pass(5000);
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
    expect(screen.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "50");
  });

  it("leaves nothing behind when it is unmounted", async () => {
    fetchMock.mockImplementation(answer("queued"));
    const { unmount } = render(<QueueMonitor jobId="j-1" />);
    await pass(1000);
    unmount();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(20000);
    expect(fetchMock).toHaveBeenCalledTimes(1);
  });
});
