import { type FormEvent, useState } from "react";
import { useFields } from "./useFields";

type Credentials = { email: string; password: string };

export function LoginForm({ onLogin }: { onLogin: (credentials: Credentials) => Promise<boolean> }) {
  const { values, set, bind } = useFields<Credentials>({ email: "", password: "" });
  const [wrong, setWrong] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const welcome = await onLogin(values);
    setWrong(!welcome);
    if (!welcome) set({ email: "", password: "" });
  }

  return (
    <form onSubmit={submit}>
      <label>
        E-mail <input type="email" {...bind("email")} />
      </label>
      <label>
        Password <input type="password" {...bind("password")} />
      </label>
      {wrong && <p role="alert">Wrong e-mail or password</p>}
      <button disabled={values.email === "" || values.password === ""}>Sign in</button>
    </form>
  );
}
