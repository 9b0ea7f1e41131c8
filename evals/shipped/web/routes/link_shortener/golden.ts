const targets: string[] = [];

function objection(url: URL): string | null {
  if (!["http:", "https:"].includes(url.protocol)) return "scheme not allowed";
  if (url.username !== "" || url.password !== "") return "credentials not allowed";
  const local = url.hostname === "localhost" || url.hostname.endsWith(".internal");
  return local ? "host not allowed" : null;
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

export async function POST(request: Request): Promise<Response> {
  const form = await request.formData();
  const url = parse(String(form.get("target") ?? ""));
  const reason = url === null ? "not a url" : objection(url);
  if (url === null || reason !== null) return Response.json({ reason }, { status: 400 });
  let place = targets.indexOf(url.href);
  const status = place < 0 ? 201 : 200;
  if (place < 0) place = targets.push(url.href) - 1;
  const code = (place + 1).toString(36);
  return Response.json({ code, short: `/api/links?code=${code}` }, { status });
}

export async function GET(request: Request): Promise<Response> {
  const code = new URL(request.url).searchParams.get("code")?.toLowerCase() ?? "";
  const place = targets.findIndex((_, index) => (index + 1).toString(36) === code);
  if (place < 0) return Response.json({ reason: "unknown code" }, { status: 404 });
  return new Response(null, { status: 302, headers: { location: targets[place] } });
}
