interface Line {
  sku: string;
  cents: number;
  quantity: number;
}

const within = (value: unknown, low: number, high: number) =>
  Number.isInteger(value) && (value as number) >= low && (value as number) <= high;

const sound = (line: Line | null) =>
  line !== null &&
  typeof line.sku === "string" &&
  line.sku.trim() !== "" &&
  within(line.cents, 0, Infinity) &&
  within(line.quantity, 1, 99);

const refuse = (error: string) => Response.json({ error }, { status: 400 });

export async function POST(request: Request): Promise<Response> {
  const { items, coupon }: { items?: Line[]; coupon?: string | null } = await request.json();
  if (!Array.isArray(items) || items.length === 0) return refuse("cart is empty");
  const broken = items.findIndex((line) => !sound(line));
  if (broken >= 0) return refuse(`item ${broken + 1} is invalid`);

  const sum = items.reduce((cents, line) => cents + line.cents * line.quantity, 0);
  let reduction = 0;
  let postage = 490;
  switch (coupon ?? "") {
    case "":
      break;
    case "TENOFF":
      reduction = Math.floor(sum / 10);
      break;
    case "SHIPFREE":
      postage = 0;
      break;
    default:
      return refuse("unknown coupon");
  }
  const shipping = sum - reduction >= 5000 ? 0 : postage;
  return Response.json({ sum, reduction, shipping, total: sum - reduction + shipping });
}
