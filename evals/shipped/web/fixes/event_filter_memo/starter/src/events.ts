export type Event = { id: number; title: string; track: string; startsAt: number };

export const stats = { computed: 0 };

export type Wish = { text: string; track: string; hidePast: boolean; now: number };

export function filterEvents(events: Event[], { text, track, hidePast, now }: Wish): Event[] {
  stats.computed += 1;
  const needle = text.toLowerCase();
  return events.filter(
    (event) =>
      event.title.toLowerCase().includes(needle) && (track === "" || event.track === track) && !(hidePast && event.startsAt < now),
  );
}
