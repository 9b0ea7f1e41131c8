export default function TodoList({ items }: { items: string[] }) {
  if (items.length === 0) {
    return <p>Nothing to do.</p>;
  }
  return (
    <ul>
      {items.map((item, index) => (
        <li key={index}>{item}</li>
      ))}
    </ul>
  );
}
