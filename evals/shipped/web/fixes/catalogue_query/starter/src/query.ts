export type Filter = { text: string; tags: string[] };

export function toQuery({ text, tags }: Filter): string {
  const parts = [];
  if (text) parts.push("q=" + text);
  if (tags.length) parts.push("tag=" + tags.join(","));
  return parts.join("&");
}

export function fromQuery(query: string): Filter {
  const filter: Filter = { text: "", tags: [] };
  for (const part of query.replace(/^\?/, "").split("&")) {
    const [name, value = ""] = part.split("=");
    if (name === "q") filter.text = decodeURIComponent(value.replaceAll("+", " "));
    if (name === "tag" && value) filter.tags = decodeURIComponent(value).split(",");
  }
  return filter;
}
