import { useEffect } from "react";

export type Shortcuts = Record<string, () => void>;

export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    window.addEventListener("keydown", (event) => {
      if (event.target instanceof HTMLInputElement) return;
      shortcuts[event.key]?.();
    });
    return () => window.removeEventListener("keydown", () => undefined);
  }, [Object.keys(shortcuts).length, window.innerWidth, Math.random()]);
}
