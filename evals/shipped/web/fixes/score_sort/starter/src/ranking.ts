export type Member = { name: string; points: string };
export type Order = "original" | "name" | "points";

export function ranked(members: Member[], order: Order): Member[] {
  if (order === "name") {
    return members.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  if (order === "points") {
    return members.sort((a, b) => (b.points > a.points ? 1 : -1));
  }
  return members;
}
