import { useState } from "react";
import { useProduct } from "./useProduct";

export function ProductPage({ ids }: { ids: string[] }) {
  const [id, setId] = useState(ids[0]);
  const { product, error } = useProduct(id);
  return (
    <div>
      {ids.map((each) => (
        <button key={each} onClick={() => setId(each)}>
          {each}
        </button>
      ))}
      {error && <p role="alert">Product unavailable</p>}
      {!error && !product && <p role="status">Loading product</p>}
      {!error && product && (
        <section aria-label="Product">
          <h2>{product.name}</h2>
          <p>{product.price}</p>
        </section>
      )}
    </div>
  );
}
