export function SchemeButton({ dark, onSwitch }: { dark: boolean; onSwitch: () => void }) {
  return <button onClick={onSwitch}>{dark ? "Light scheme" : "Dark scheme"}</button>;
}
