export default function PriceTag({ cents }: { cents: number }) {
  return <p>{`${(cents / 100).toFixed(2)} €`}</p>;
}
