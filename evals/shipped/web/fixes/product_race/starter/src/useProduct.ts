import { useEffect, useState } from "react";

export type Product = { name: string; price: string };

export function useProduct(id: string) {
  const [product, setProduct] = useState<Product | null>(null);
  const [error, setError] = useState(false);

  useEffect(() => {
    fetch(`/api/products/${id}`)
      .then((response) => {
        if (!response.ok) throw new Error(`product ${id}: ${response.status}`);
        return response.json();
      })
      .then(setProduct)
      .catch(() => setError(true));
  }, [id]);

  return { product, error };
}
