import { useEffect, useState } from "react";

type Ingredient = { name: string; amount: number | null; unit: string };
type Recipe = { title: string; servings: number; ingredients: Ingredient[] };

function describe({ name, amount, unit }: Ingredient, factor: number): string {
  if (amount === null) return name;
  const scaled = amount * factor;
  const heavy = unit === "g" && scaled >= 1000;
  const figure = Math.round((heavy ? scaled / 1000 : scaled) * 100) / 100;
  return [String(figure), heavy ? "kg" : unit, name].filter((part) => part !== "").join(" ");
}

function Cookbook({ recipe }: { recipe: Recipe }) {
  const [servings, setServings] = useState(recipe.servings);
  const [crossed, setCrossed] = useState<ReadonlySet<number>>(new Set());

  function cross(index: number) {
    const next = new Set(crossed);
    if (!next.delete(index)) next.add(index);
    setCrossed(next);
  }

  return (
    <main>
      <h1>{recipe.title}</h1>
      <p>{`Serves ${servings}`}</p>
      <button disabled={servings <= 1} onClick={() => setServings(servings - 1)}>
        Fewer
      </button>
      <button disabled={servings >= 24} onClick={() => setServings(servings + 1)}>
        More
      </button>
      <ul>
        {recipe.ingredients.map((ingredient, index) => (
          <li key={index}>
            <label>
              <input type="checkbox" checked={crossed.has(index)} onChange={() => cross(index)} />
              {describe(ingredient, servings / recipe.servings)}
            </label>
          </li>
        ))}
      </ul>
      {(crossed.size > 0 || servings !== recipe.servings) && (
        <button
          onClick={() => {
            setServings(recipe.servings);
            setCrossed(new Set());
          }}
        >
          Start over
        </button>
      )}
    </main>
  );
}

function Loader({ slug }: { slug: string }) {
  const [recipe, setRecipe] = useState<Recipe>();
  const [burned, setBurned] = useState(false);
  useEffect(() => {
    fetch(`/api/recipes/${slug}`)
      .then((response) => (response.ok ? response.json() : Promise.reject(new Error("burned"))))
      .then(setRecipe, () => setBurned(true));
  }, [slug]);
  if (burned) return <p role="alert">This recipe burned</p>;
  return recipe ? <Cookbook recipe={recipe} /> : <p role="status">Preheating…</p>;
}

export function RecipeScaler({ slug }: { slug: string }) {
  return <Loader key={slug} slug={slug} />;
}
