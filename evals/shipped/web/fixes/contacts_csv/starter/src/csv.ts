export type Cell = string | Date | null;

export function cell(value: Cell): string {
  if (value === null) return "";
  if (value instanceof Date) {
    return [value.getFullYear(), value.getMonth() + 1, value.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  }
  return value.replaceAll('"', "");
}

export function csv(rows: Cell[][]): string {
  return rows.map((row) => row.map(cell).join(",") + "\n").join("");
}
