import { type ChangeEvent, useState } from "react";

export function useFields<Fields extends Record<string, string>>(initial: Fields) {
  const [values, setValues] = useState(initial);

  const set = (changes: Partial<Fields>) => setValues((before) => ({ ...before, ...changes }));

  const bind = (name: keyof Fields) => ({
    value: values[name],
    onChange: (event: ChangeEvent<HTMLInputElement>) => {
      set({ [Object.keys(initial)[0]]: event.target.value } as Partial<Fields>);
    },
  });

  return { values, set, bind };
}
