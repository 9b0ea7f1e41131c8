import { beforeEach, describe, expect, it } from "vitest";
import { POST } from "../app/api/reservations/route";
import { clear, list } from "../lib/reservations";

function book(body: unknown): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return POST(new Request("http://localhost/api/reservations", { method: "POST", body: text }));
}
const at = (time: string) => `2026-03-02T${time}:00.000Z`;
const slot = (room: string, from: string, to: string) => ({ room, from: at(from), to: at(to) });

beforeEach(() => {
  clear();
});

describe("reservations", () => {
  it("books a free room", async () => {
    const response = await book({ room: "attic", from: "2026-03-02T10:00:00+01:00", to: at("13:00") });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ id: 1, ...slot("attic", "09:00", "13:00") });
    expect(list()).toHaveLength(1);
  });

  it("reports unknown rooms and unreadable times together", async () => {
    const response = await book({ room: "roof", from: "soon", to: 5 });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: { room: "unknown room", from: "not a time", to: "not a time" } });
    expect(list()).toHaveLength(0);
  });

  it("wants the end after the beginning", async () => {
    const response = await book(slot("attic", "09:00", "09:00"));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: { to: "must be after from" } });
  });

  it("allows four hours and no more", async () => {
    const response = await book(slot("attic", "09:00", "13:01"));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: { to: "at most 4 hours" } });
  });

  it("answers a collision with the booking in the way", async () => {
    await book(slot("cellar", "09:00", "10:00"));
    await book(slot("attic", "09:00", "10:00"));
    await book(slot("attic", "10:00", "11:00"));
    const response = await book(slot("attic", "09:59", "10:30"));
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({ conflict: 2 });
    expect(list()).toHaveLength(3);
  });

  it("allows neighbours and other rooms", async () => {
    await book(slot("attic", "09:00", "10:00"));
    const after = await book(slot("attic", "10:00", "11:00"));
    const before = await book(slot("attic", "08:00", "09:00"));
    const elsewhere = await book(slot("library", "09:00", "10:00"));
    expect([after.status, before.status, elsewhere.status]).toEqual([201, 201, 201]);
  });

  it("refuses text that is not JSON", async () => {
    const response = await book("room=attic");
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ errors: { body: "not JSON" } });
  });
});
