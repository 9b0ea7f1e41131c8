const tally = { tabs: 0, spaces: 0 };

function hasVoted(request: Request): boolean {
  const header = request.headers.get("cookie") ?? "";
  return header.split(";").some((pair) => pair.split("=")[0].trim() === "voted");
}

async function readChoice(request: Request): Promise<keyof typeof tally | null> {
  const body = await request.json().catch(() => null);
  const choice = body?.choice;
  return choice === "tabs" || choice === "spaces" ? choice : null;
}

export async function GET(request: Request): Promise<Response> {
  return Response.json({ ...tally, voted: hasVoted(request) });
}

export async function POST(request: Request): Promise<Response> {
  if (hasVoted(request)) {
    return Response.json({ error: "already voted" }, { status: 409 });
  }
  const choice = await readChoice(request);
  if (!choice) {
    return Response.json({ error: "choose tabs or spaces" }, { status: 400 });
  }
  tally[choice]++;
  const cookie = ["voted=" + choice, "Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=31536000"].join("; ");
  return Response.json({ ...tally, voted: true }, { status: 201, headers: { "set-cookie": cookie } });
}
