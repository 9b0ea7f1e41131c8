import { csv } from "./csv";

export type Contact = { name: string; born: Date | null; note: string };

export function exported(contacts: Contact[]): string {
  return csv([["name", "born", "note"], ...contacts.map(({ name, born, note }) => [name, born, note])]);
}
