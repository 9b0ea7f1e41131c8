const SHAPE = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export async function POST(request: Request): Promise<Response> {
  const form = await request.formData();
  const email = String(form.get("email") ?? "").trim().toLowerCase();
  const errors: Record<string, string> = {};
  if (email === "") {
    errors.email = "Email is required";
  } else if (!SHAPE.test(email)) {
    errors.email = "Email is invalid";
  }
  if (form.get("consent") !== "on") {
    errors.consent = "Consent is required";
  }
  if (Object.keys(errors).length > 0) {
    return Response.json({ errors }, { status: 400 });
  }
  return Response.json({ subscriber: { email } }, { status: 201 });
}
