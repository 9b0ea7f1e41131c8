type Scale = "C" | "F" | "K";

const toCelsius: Record<Scale, (degrees: number) => number> = {
  C: (degrees) => degrees,
  F: (degrees) => ((degrees - 32) * 5) / 9,
  K: (degrees) => degrees - 273.15,
};

const fromCelsius: Record<Scale, (celsius: number) => number> = {
  C: (celsius) => celsius,
  F: (celsius) => (celsius * 9) / 5 + 32,
  K: (celsius) => celsius + 273.15,
};

function scaleOf(text: string | null): Scale | undefined {
  const upper = (text ?? "").toUpperCase();
  return upper === "C" || upper === "F" || upper === "K" ? upper : undefined;
}

export async function GET(request: Request): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const text = (searchParams.get("value") ?? "").trim();
  const value = text === "" ? NaN : Number(text);
  const from = scaleOf(searchParams.get("from"));
  const to = scaleOf(searchParams.get("to"));
  const messages: string[] = [];
  if (!Number.isFinite(value)) messages.push("value must be a number");
  else if (from && toCelsius[from](value) < -273.15 - 1e-9) messages.push("value is below absolute zero");
  if (!from) messages.push("from must be C, F or K");
  if (!to) messages.push("to must be C, F or K");
  if (messages.length || !from || !to) return Response.json({ messages }, { status: 400 });
  const converted = Math.round(fromCelsius[to](toCelsius[from](value)) * 100) / 100;
  return Response.json({ value: converted, unit: to }, { headers: { "cache-control": "public, max-age=86400" } });
}

export async function POST(): Promise<Response> {
  return new Response(null, { status: 405, headers: { allow: "GET" } });
}
